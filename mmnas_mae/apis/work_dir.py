"""The folder that a run works in, which it shares with no other."""

import os
import shutil
from pathlib import Path

from mmengine.config import Config

from ..utils.config import config_texts

#: What a run leaves in its work directory: records and checkpoints, ...
_RESULTS = (
    'genotype*.json',
    'genotype*.png',
    'report.html',
    '*_history.jsonl',
    'evaluations.jsonl',
    'selection.jsonl',
    'result.json',
    'next_space.json',
    'last_checkpoint',
    '*.pth',
    '*.pth.sha256',
    '*.tmp',
    'stage_[0-9]*',
)
#: ... and a folder of logs for each start.
_LOGS = '20[0-9][0-9][0-9][0-9][0-9][0-9]_[0-9]*'


def claim_work_dir(cfg: Config, overwrite: bool = False) -> None:
    """Sees to it that no run writes among the files of another one.

    Args:
        overwrite: removes what the other one has left; files of other kinds stay.

    Raises:
        ValueError: the work directory is a file, or holds an earlier run that is neither gone on with nor overwritten.
    """
    folder = Path(cfg.work_dir)
    if folder.exists() and not folder.is_dir():
        raise ValueError(f'--work-dir: {str(folder)!r} is a file')
    # One process of a job asks and removes; the launchers name its rank differently.
    ranks = (os.environ.get(name, '0') for name in ('RANK', 'SLURM_PROCID', 'OMPI_COMM_WORLD_RANK'))
    if cfg.get('resume') or any(rank != '0' for rank in ranks):
        return
    results = sorted(path for pattern in _RESULTS for path in folder.glob(pattern))
    logs = sorted(folder.glob(_LOGS))
    # A start that failed has left a folder of logs and nothing else.
    used = [*results, *(path for path in logs if (path / 'vis_data' / 'scalars.json').is_file())]
    if used and not overwrite:
        raise ValueError(
            f'work directory {str(folder)!r} holds an earlier run ({used[0].name}): --resume auto goes on with it, '
            '--overwrite removes it, --work-dir names another folder'
        )
    if not overwrite:
        return
    left = [*results, *logs]
    removed = {path.resolve() for path in left}
    for key, text in config_texts(cfg.to_dict()):
        # A text without a separator, or of a length that no file system takes, is no path of another folder.
        path = Path(text).resolve() if os.sep in text and len(text) < 1000 else None
        if path is not None and removed & {path, *path.parents}:
            raise ValueError(f'--overwrite would remove {text!r}, which {key} names; choose another --work-dir')
    for path in left:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
