"""Exact resumption: every random state, and which images were read, goes into the checkpoint."""

from typing import Any, Mapping, Optional

import torch
from mmengine.dist import all_gather_object, get_rank, get_world_size
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..models import SearchModel
from ..registry import HOOKS
from ..utils.seeding import get_random_state, set_random_state, stream_seed
from ..utils.unwrap import unwrap
from .split_record import check_splits, split_records
from .step import set_epoch


@HOOKS.register_module()
class RandomStateHook(Hook):
    """Saves and restores the random states of every rank.

    These are the global ones of Python, NumPy and torch and those that the model owns
    (masks). The model's own are seeded from (seed of the run, rank) at the start.
    Validation leaves the global states as it found them, so that a run that validates
    after a checkpoint and one that is resumed from it go on alike.

    It also saves how each :class:`mmnas_mae.SearchSplit` is cut, and refuses to resume with
    other images. A checkpoint without such a record is not checked.

    Raises:
        ValueError: a resumed run reads other images than the checkpoint was trained on.
    """

    priority = 'LOW'

    def __init__(self) -> None:
        self._saved: Optional[list[dict]] = None
        self._resumed: Optional[list[dict]] = None
        self._before_val: Optional[dict] = None
        self._splits: dict[str, dict] = {}
        self._resumed_splits: Mapping[str, dict] = {}

    def before_train(self, runner: Runner) -> None:
        """Seeds the model's generators, or takes up the states of the checkpoint.

        Raises:
            ValueError: see above.
        """
        # By now BilevelHook, which comes earlier, has made the data of the architecture.
        self._splits = split_records(runner)
        check_splits(self._resumed_splits, self._splits)
        # Starting workers draws a number, which an uninterrupted run with persistent workers
        # does once and a resumed one again: let it not be drawn from the global generator.
        runner.train_dataloader.generator = torch.Generator()
        generators = _generators(runner)
        for i, generator in enumerate(generators):
            generator.manual_seed(stream_seed(runner.seed + i, get_rank()))
        if self._resumed is None:
            return
        if len(self._resumed) != get_world_size():
            runner.logger.warning(
                f'the checkpoint holds random states of {len(self._resumed)} processes, this run has '
                f'{get_world_size()}: it goes on with fresh ones and will not repeat the interrupted run exactly'
            )
            return
        state = self._resumed[get_rank()]
        set_random_state(state['globals'])
        for generator, value in zip(generators, state['generators']):
            generator.set_state(value.cpu())

    def before_train_epoch(self, runner: Runner) -> None:
        """Tells the data of the weights which epoch it is, since its augmentation is a function of it."""
        set_epoch(runner.train_dataloader.dataset, runner.epoch)

    def after_train_epoch(self, runner: Runner) -> None:
        """Gathers the states of all ranks; saving itself happens on one."""
        self._saved = all_gather_object(_state(runner))

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Adds the states and the record of the images."""
        checkpoint['splits'] = self._splits
        checkpoint['random_states'] = [_state(runner)] if get_world_size() == 1 else self._saved

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Keeps both until training starts."""
        if runner._resume:
            self._resumed_splits = checkpoint.get('splits', {})
            self._resumed = checkpoint.get('random_states')

    def before_val_epoch(self, runner: Runner) -> None:
        """Remembers the global states."""
        self._before_val = get_random_state()

    def after_val_epoch(self, runner: Runner, metrics: Any = None) -> None:
        """Restores them."""
        set_random_state(self._before_val)


def _generators(runner: Runner) -> list:
    model = unwrap(runner.model)
    return model.all_generators() if isinstance(model, SearchModel) else []


def _state(runner: Runner) -> dict:
    return dict(globals=get_random_state(), generators=[g.get_state() for g in _generators(runner)])
