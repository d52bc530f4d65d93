"""Trainings of a comparison: each is run once, and read again after that."""

import copy
import time
from functools import lru_cache
from pathlib import Path
from typing import Any, Callable, Mapping, Optional, Sequence

import torch
from mmengine.dist import is_main_process
from mmengine.runner import Runner

from ..apis.launch import run_training
from ..registry import DATASETS, MODELS
from ..utils.errors import DivergedError
from ..utils.records import digest, read_json, settings_hash, write_json
from ..utils.seeding import kept_random_state
from .judges import (
    Score,
    features,
    judge_classifier,
    judge_linear,
    judge_neighbours,
    settle_statistics,
)
from .recipe import TRIAL_SHARE, Part, Recipe
from .rivals import Rival

#: In the folder of a training, once it is finished.
RESULT = 'result.json'
#: How a network is judged: trained whole, or frozen.
TRAINED, LINEAR, NEIGHBOURS = 'train', 'linear', 'knn'
JUDGES = (TRAINED, LINEAR, NEIGHBOURS)


class Trainings:
    """Runs what has not been run, and reads what has.

    Args:
        recipe: of all of them.
        folder: of the comparison; each training has a folder in it.
        rates: learning rates of a trial.
        trial_share: epochs of a trial, as a share of those of a training.
        num_classes: number of classes.
        device: where frozen networks run; trainings go where MMEngine puts them.
        tell: what is told of each step, to a person.
    """

    def __init__(
        self,
        recipe: Recipe,
        folder: Path,
        rates: Sequence[float],
        trial_share: float,
        num_classes: int,
        device: str = 'cpu',
        tell: Callable[[str], None] = print,
    ) -> None:
        self.recipe, self.folder, self.num_classes = recipe, Path(folder), num_classes
        self.rates, self.trial_share = sorted(rates), trial_share
        self.device, self.tell = device, tell
        self._order: Optional[Sequence[int]] = None
        self._known: tuple[Any, Any] = (None, None)

    def train(self, rival: Rival, labels: float, seed: int, weights: Optional[str], rate: float) -> dict[str, Any]:
        """A training and what it came to: ``accuracy``, ``loss``, ``seconds``; None where it has diverged."""
        name = f'{_start(weights)}/{TRAINED}/labels_{labels:g}/seed_{seed}'
        return self._run(rival, name, Part(labels, seed), rate, weights, 1.0)

    def rate(self, rival: Rival, labels: float, seed: int, weights: Optional[str]) -> tuple[float, dict[str, Any]]:
        """The rate that was best on labelled images held back, by accuracy and among equals by loss; and all trials."""
        if len(self.rates) == 1:
            return self.rates[0], {}
        trials = {}
        for rate in self.rates:
            name = f'{_start(weights)}/trials/labels_{labels:g}/rate_{rate:g}'
            trials[rate] = self._run(rival, name, Part(labels, seed, trial=True), rate, weights, self.trial_share)
            # A trial is worth its result.
            for path in (self.folder / rival.name / name).glob('*.pth*'):
                path.unlink()
        good = [rate for rate, found in trials.items() if found['accuracy'] is not None]
        if not good:
            raise DivergedError(f'{rival.label}: diverged at every rate of {self.rates}; give --rates smaller ones')
        best = max(good, key=lambda rate: (trials[rate]['accuracy'], -trials[rate]['loss']))
        if best in (self.rates[0], self.rates[-1]):
            end = 'smallest' if best == self.rates[0] else 'largest'
            self.tell(f'  the {end} rate, {best:g}, is the best: --rates beyond it may be better')
        return best, {f'{rate:g}': found['accuracy'] for rate, found in trials.items()}

    def frozen(self, rival: Rival, labels: float, seed: int, weights: Optional[str]) -> dict[str, dict[str, Any]]:
        """What a linear probe and the neighbours make of the frozen network, by judge.

        Without weights it is one whose weights are drawn by the seed.
        """
        place = self.folder / rival.name / _start(weights) / 'frozen' / f'labels_{labels:g}' / f'seed_{seed}'
        wanted = self._identity(rival, weights, (labels, seed))
        if (known := _finished(place / RESULT, wanted)) is not None:
            return known['judged']
        self.tell(f'{rival.label}, {_start(weights)}, frozen, {labels:.3g} of the labels, seed {seed}')
        start = time.monotonic()
        (rows, truth), heldout = self._features(rival, seed, weights)
        chosen = self._chosen(Part(labels, seed))
        train = rows[chosen], truth[chosen]
        linear, penalty = judge_linear(train, heldout, self.num_classes, TRIAL_SHARE)
        near = judge_neighbours(train, heldout, self.num_classes)
        seconds = round(time.monotonic() - start, 2)
        judged = {
            LINEAR: dict(linear._asdict(), penalty=penalty, seconds=seconds),
            NEIGHBOURS: dict(near._asdict(), seconds=seconds),
        }
        write_json(place / RESULT, dict(settings=wanted, judged=judged), indent=1)
        return judged

    def _features(self, rival: Rival, seed: int, weights: Optional[str]) -> tuple[Any, Any]:
        """Features and labels of all training images in the order of the data set, and of the held-out ones."""
        key = (rival.name, seed if weights is None else None, weights)
        if self._known[0] != key:
            with kept_random_state():
                torch.manual_seed(seed)
                settings = dict(self.recipe.model(rival.backbone, weights))
                settings['data_preprocessor'] = copy.deepcopy(self.recipe.cfg.data_preprocessor)
                model = MODELS.build(settings)
                model.init_weights()
            model.to(self.device)
            loaders = [_loader(each) for each in self.recipe.loaders(Part(1.0, 0), augmented=False)]
            settle_statistics(model, loaders[0])
            # The features of one network at a time: the labels of a share are some of them.
            self._known = key, (features(model, loaders[0]), features(model, loaders[1]))
        return self._known[1]

    def _chosen(self, part: Part) -> list[int]:
        """Where the labelled images of a part stand among those of all labels and seed 0."""
        if self._order is None:
            self._order = DATASETS.build(self.recipe.datasets(Part(1.0, 0), augmented=False)[0]).indices
        place = {int(number): at for at, number in enumerate(self._order)}
        some = DATASETS.build(self.recipe.datasets(part, augmented=False)[0])
        return [place[int(number)] for number in some.indices]

    def _run(
        self, rival: Rival, name: str, part: Part, rate: float, weights: Optional[str], share: float
    ) -> dict[str, Any]:
        folder = self.folder / rival.name / name
        wanted = self._identity(rival, weights, (tuple(part), rate, share))
        if (known := _finished(folder / RESULT, wanted)) is not None:
            return known
        if (begun := read_json(folder / 'begun.json')) is not None and begun['settings'] != wanted:
            raise ValueError(f'{folder} belongs to a comparison with other settings: choose another --work-dir')
        write_json(folder / 'begun.json', dict(settings=wanted))
        self.tell(f'{rival.label}, {name.replace("/", ", ").replace("_", " ")}, rate {rate:g}')
        cfg = self.recipe.training(rival.backbone, part, rate, str(folder), weights, share)
        start, score = time.monotonic(), None
        try:
            runner = run_training(cfg)
            score = judge_classifier(runner.model, _loader(self.recipe.loaders(part)[1]))
            del runner
        except DivergedError as error:
            self.tell(f'  diverged: {error}')
        result = dict(
            settings=wanted, rate=rate, epochs=cfg.train_cfg.max_epochs, seconds=round(time.monotonic() - start, 2)
        )
        result.update((score or Score(None))._asdict())
        if is_main_process():
            write_json(folder / RESULT, result, indent=1)
        return result

    def _identity(self, rival: Rival, weights: Optional[str], settings: Any) -> str:
        """A hash of all that shapes a result: network, recipe and which images."""
        recipe = self.recipe.shaping()
        # By their content: a folder may be moved.
        stamp = None if weights is None else _content(weights, Path(weights).stat().st_mtime_ns)
        known = dict(network=rival.identity(), recipe=recipe, weights=stamp)
        return settings_hash(dict(known, run=settings))


def _finished(path: Path, wanted: str) -> Optional[Mapping[str, Any]]:
    """A result that is there and belongs to these settings.

    Raises:
        ValueError: it belongs to others.
    """
    known = read_json(path)
    if known is not None and known['settings'] != wanted:
        raise ValueError(f'{path.parent} belongs to a comparison with other settings: choose another --work-dir')
    return known


@lru_cache(maxsize=8)
def _content(path: str, changed: int) -> str:
    """A hash of a file; ``changed``, the time of its last change, makes one that was written again another one."""
    return digest(Path(path).read_bytes())


def _start(weights: Optional[str]) -> str:
    return 'scratch' if weights is None else 'pretrained'


def _loader(cfg: Any) -> Any:
    return Runner.build_dataloader(copy.deepcopy(cfg), seed=0)
