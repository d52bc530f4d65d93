"""From a config to a finished run, in one stage or several (P-DARTS)."""

import gc
import json
import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any, Mapping, Optional

from mmengine.config import Config
from mmengine.dist import barrier, is_main_process
from mmengine.runner import Runner

from ..spaces import prune, space_config
from ..utils.records import write_json
from ..utils.unwrap import unwrap
from .launch import run_training

#: What a stage leaves for the next one.
NEXT_SPACE = 'next_space.json'


def run_stages(cfg: Config) -> None:
    """Runs a config; where it has ``stages``, one after another.

    A stage is ``dict(cfg=..., keep=...)``: what differs from the config, and how many
    candidates each edge keeps for the next stage, whose space holds no others. Every
    stage begins with new weights and works in ``stage_<number>`` of the work directory;
    ``next_space.json`` there is the space it leaves. The genotype of the last stage is
    copied to the work directory. ``resume`` passes over stages that are finished.

    Raises:
        SetupError: the settings cannot be run.
        ValueError: ``stages`` has another form, or a stage is resumed by the path of a checkpoint.
    """
    if not cfg.get('stages'):
        run_training(cfg)
        return
    _check(cfg)
    space: Optional[Mapping[str, Any]] = None
    for number, stage in enumerate(cfg.stages, 1):
        stage_cfg = stage_config(cfg, number, space)
        result = Path(stage_cfg.work_dir, NEXT_SPACE)
        if number == len(cfg.stages) or not (cfg.resume and result.exists()):
            runner = run_training(stage_cfg)
            if number < len(cfg.stages):
                _write_space(runner, stage.keep, result)
            # The data workers of a stage end with it.
            del runner
            gc.collect()
            barrier()
        if number < len(cfg.stages):
            space = json.loads(result.read_text())
    if is_main_process():
        shutil.copy(Path(stage_cfg.work_dir, 'genotype.json'), cfg.work_dir)


def stage_config(cfg: Config, number: int, space: Optional[Mapping[str, Any]] = None) -> Config:
    """The config of one stage, counted from 1, as that of an ordinary run.

    Args:
        space: config of the space that the stage before has left.
    """
    out = deepcopy(cfg)
    out.pop('stages')
    out.merge_from_dict(deepcopy(cfg.stages[number - 1].get('cfg', {})))
    if space is not None:
        out.model.backbone.space = dict(space)
    out.work_dir = str(Path(cfg.work_dir, f'stage_{number}'))
    # Loggers are found by this name; the stages of one process need different ones.
    out.experiment_name = f'{Path(cfg.work_dir).name}_stage_{number}'
    return out


def _check(cfg: Config) -> None:
    for number, stage in enumerate(cfg.stages, 1):
        if number < len(cfg.stages) and not (isinstance(stage.get('keep'), int) and stage.keep >= 1):
            raise ValueError(
                f'stages[{number - 1}].keep must say how many candidates each edge keeps, got {stage.get("keep")!r}'
            )
    if cfg.get('resume') and cfg.get('load_from'):
        raise ValueError(
            f'a search in stages resumes by itself where it stood: give --resume without a path, got {cfg.load_from!r}'
        )


def _write_space(runner: Runner, keep: int, path: Path) -> None:
    if is_main_process():
        arch = unwrap(runner.model).arch
        pruned = space_config(prune(arch.space, arch.weights(), keep))
        write_json(path, pruned, indent=1)
    barrier()
