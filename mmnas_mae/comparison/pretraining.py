"""Weights without labels for networks of a comparison, each made the same way."""

import copy
import time
from pathlib import Path
from typing import Any, Callable, Mapping

from mmengine.config import Config

from ..apis.launch import run_training
from ..models.reconstruction.trivial_fills import TRIVIAL_FILLS
from ..report.search_history import read_search
from ..utils.checkpoints.files import last_checkpoint, newest_checkpoint
from ..utils.records import digest, read_json, settings_hash, write_json
from .recipe import Recipe
from .rivals import Rival

#: Share of the images that the reconstruction is judged on, which train no weights.
HELDOUT = 0.1
#: Share of the epochs in which the rate rises.
_WARMUP = 0.05
_PRETRAINED = 'pretrained.json'


class Pretraining:
    """Masked reconstruction of a network, on the images that the comparison trains on, and on no others.

    Args:
        cfg: config of a pre-training, one of ``configs/pretrain``, read for the same images.
        recipe: of the trainings, which says what these images are.
        folder: of the comparison.
        epochs: of each.
        tell: what is told of each step, to a person.
    """

    def __init__(
        self, cfg: Config, recipe: Recipe, folder: Path, epochs: int, tell: Callable[[str], None] = print
    ) -> None:
        self.cfg, self.recipe, self.folder, self.epochs, self.tell = cfg, recipe, Path(folder), epochs, tell

    def __call__(self, rival: Rival) -> dict[str, Any]:
        """Pre-trains a network, goes on where it stopped, or reads what is finished.

        Returns:
            dict: ``checkpoint``, ``epochs``, ``seconds``, ``l1`` of held-out images and that of the trivial fills.

        Raises:
            ValueError: the folder belongs to other settings.
        """
        folder = self.folder / rival.name / 'pretraining'
        cfg = self.config(rival, folder)
        settings = cfg.to_dict()
        settings['model'] = dict(settings['model'], backbone=rival.identity())
        wanted = settings_hash({key: value for key, value in settings.items() if key != 'resume'})
        known = read_json(folder / _PRETRAINED)
        if known is not None and known['settings'] != wanted:
            raise ValueError(f'{folder} belongs to a comparison with other settings: choose another --work-dir')
        if known is None or not known['finished']:
            self.tell(f'{rival.label}, pre-training, {self.epochs} epochs')
            write_json(folder / _PRETRAINED, dict(settings=wanted, finished=False))
            start = time.monotonic()
            run_training(cfg)
            # Of a pre-training in several pieces it is not known.
            seconds = None if cfg.resume else round(time.monotonic() - start, 2)
            known = dict(settings=wanted, finished=True, seconds=seconds)
            write_json(folder / _PRETRAINED, known)
        history = read_search(folder)
        errors = {name: history.scalars[f'reconstruction/{name}'][1][-1] for name in _errors()}
        checkpoint = str(last_checkpoint(folder))
        return dict(checkpoint=checkpoint, epochs=self.epochs, seconds=known['seconds'], **errors)

    def config(self, rival: Rival, folder: Path) -> Config:
        """The config of the pre-training of a network."""
        cfg = copy.deepcopy(self.cfg)
        cfg.model.backbone = dict(rival.backbone)
        # RGB as the classifiers see it; labels are not packed.
        source = copy.deepcopy(self.recipe.cfg.train_dataloader.dataset.to_dict())
        source.pop('pipeline')
        source['dataset']['channel_order'] = 'rgb'
        for name, part in (('train_dataloader', 'train'), ('val_dataloader', 'heldout')):
            settings = dict(cfg[name].dataset.to_dict(), dataset=copy.deepcopy(source), part=part)
            # Not updated in place, which would keep settings of the data set that was there.
            cfg[name].dataset = dict(settings, parts=[('train', 1 - HELDOUT), ('heldout', HELDOUT)])
        preprocessor = self.recipe.cfg.data_preprocessor
        cfg.data_preprocessor.update(mean=preprocessor.mean, std=preprocessor.std)
        cfg.test_cfg = cfg.test_dataloader = cfg.test_evaluator = None
        warmup, *rest = cfg.param_scheduler
        warmup.end = max(1, round(_WARMUP * self.epochs))
        for schedule in rest:
            schedule.end = self.epochs
        cfg.train_cfg.max_epochs = self.epochs
        cfg.train_cfg.val_interval = max(1, self.epochs // 5)
        cfg.default_hooks.checkpoint.interval = max(1, self.epochs // 10)
        cfg.work_dir, cfg.load_from = str(folder), None
        cfg.resume = newest_checkpoint(folder) is not None
        cfg.experiment_name = digest(str(folder).encode())
        return Config(cfg.to_dict(), format_python_code=False)


def _errors() -> list[str]:
    return ['l1', *(f'l1_{name}' for name in TRIVIAL_FILLS)]


def pretraining_lines(found: Mapping[str, Mapping[str, Any]], labels: Mapping[str, str]) -> list[list[str]]:
    """Rows of a table of what the pre-trainings have reached beside what needs no network.

    Args:
        found: as :class:`Pretraining` gives it, by network.
        labels: of the networks.
    """
    lines = [
        ['network', 'L1 of masked pixels', *(name.replace('_', ' ') for name in TRIVIAL_FILLS), 'epochs', 'seconds']
    ]
    for name, each in found.items():
        numbers = [f'{each[error]:.4f}' for error in _errors()]
        seconds = '' if each['seconds'] is None else f'{each["seconds"]:.0f}'
        lines.append([labels[name], *numbers, str(each['epochs']), seconds])
    return lines
