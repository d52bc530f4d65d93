"""What a run was: its config, versions, environment and images, so that it can be repeated."""

import os
import platform
import subprocess
import sys
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, Mapping, Optional

import torch
from mmengine.dist import get_world_size, master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ...registry import HOOKS
from ...utils.records import RUN_RECORD, settings_hash, write_json
from ...version import __version__
from ..split_record import split_records

#: Packages whose version may change a result.
_PACKAGES = ('torch', 'torchvision', 'numpy', 'pillow', 'opencv-python-headless')
_PACKAGES += ('onedl-mmengine', 'onedl-mmcv', 'onedl-mmpretrain', 'onedl-mmdetection', 'mmengine', 'mmcv', 'mmpretrain')
#: Variables that change what is computed, or how it is spread.
_VARIABLES = ('OMP_NUM_THREADS', 'MKL_NUM_THREADS', 'CUBLAS_WORKSPACE_CONFIG', 'CUDA_VISIBLE_DEVICES', 'MMNAS_DATA')


@HOOKS.register_module()
class RunRecordHook(Hook):
    """Writes ``run.json`` into the folder of logs of each start: all that a repetition needs besides the images.

    ``config`` (plain data, which reports read instead of executing a config), ``config_hash``, ``seed``,
    ``deterministic``, ``version`` and ``commit`` of this package, ``environment``, and ``splits``: what
    :meth:`mmnas_mae.SearchSplit.record` says of the images of each loader, with a hash of them.
    """

    # After BilevelHook has made the data of the architecture.
    priority = 'LOW'

    @master_only
    def before_train(self, runner: Runner) -> None:
        """Writes the record."""
        record = run_record(runner)
        write_json(Path(runner.log_dir, RUN_RECORD), record, indent=1)


def run_record(runner: Runner) -> dict[str, Any]:
    """What ``run.json`` holds."""
    settings = plain(runner.cfg.to_dict())
    return dict(
        config=settings,
        config_hash=settings_hash(runner.cfg.to_dict()),
        seed=runner.seed,
        deterministic=bool(runner._randomness_cfg.get('deterministic', False)),
        version=__version__,
        commit=code_version(),
        environment=environment(),
        splits=plain(split_records(runner)),
    )


def made_by(runner: Runner) -> dict[str, Any]:
    """What the ``meta`` of a genotype says of how it was found, besides config and seed: the same for every start."""
    known = environment()
    environment_text = ', '.join(
        [f'python {known["python"]}', *(f'{name} {version}' for name, version in known['packages'].items())]
    )
    images = {name: record['images'] for name, record in split_records(runner).items()}
    return dict(commit=code_version(), environment=environment_text, devices=known['devices'] or ['cpu'], images=images)


def environment() -> dict[str, Any]:
    """Versions, machine and settings of the process that change what it computes."""
    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    cuda = torch.cuda.is_available()
    return dict(
        python=sys.version.split()[0],
        platform=platform.platform(),
        processor=platform.processor() or platform.machine(),
        devices=[torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())] if cuda else [],
        cuda=torch.version.cuda if cuda else None,
        cudnn=torch.backends.cudnn.version() if cuda else None,
        processes=get_world_size(),
        threads=torch.get_num_threads(),
        packages=versions,
        variables={name: os.environ[name] for name in _VARIABLES if name in os.environ},
    )


@cache
def code_version() -> Optional[str]:
    """The commit of the checkout that the package runs from, with ``+`` where it was edited; None outside of one."""
    folder = Path(__file__).resolve().parents[3]
    if not (folder / '.git').exists():
        return None
    try:
        found = [
            subprocess.run(['git', '-C', str(folder), *words], capture_output=True, text=True, timeout=20, check=True)
            for words in (['rev-parse', 'HEAD'], ['status', '--porcelain', '--untracked-files=no'])
        ]
    except (OSError, subprocess.SubprocessError):
        return None
    return found[0].stdout.strip() + ('+' if found[1].stdout.strip() else '')


def plain(value: Any) -> Any:
    """A setting as JSON has it: what is no number, text, list or dict becomes its text."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, float) and value != value or value in (float('inf'), float('-inf')):
        return str(value)
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
