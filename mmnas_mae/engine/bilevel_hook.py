"""The alpha step of a bilevel search."""

from contextlib import ExitStack
from copy import deepcopy
from typing import Any, Iterator, Optional, Union

import torch
from mmengine.hooks import Hook
from mmengine.optim import OptimWrapper
from mmengine.runner import Runner
from torch.utils.data import DataLoader, Dataset

from ..models import SearchModel
from ..registry import HOOKS
from ..utils.ranges import INDEX, NOT_NEGATIVE, POSITIVE
from ..utils.unwrap import unwrap
from .arch_grad import enable_grad
from .deferred_scalars import log_scalar
from .optim_constructor import BilevelOptimWrapper
from .step import arch_step, set_epoch, shared_step


@HOOKS.register_module()
class BilevelHook(Hook):
    """Optimises the architecture before each step of the weights (paper eq. 2).

    The alpha gradient is taken with respect to alpha alone on a batch of the
    architecture's part of the data, averaged over ranks, and given to the ``arch``
    optimizer. Clipping and precision are those of ``optim_wrapper.arch``.

    Args:
        arch_dataloader: data of the architecture. By default the loader of the
            weights with ``dataset.part='arch'``, that is the other part of the same split.
        order: 1, or 2 for the gradient through one unrolled step of the weights.
        warmup_epochs: epochs at the start in which only the weights are trained; below 1 a share of all.
        radius, redraw, nesterov: of :func:`mmnas_mae.engine.arch_grad.second_order`, for ``order=2``.
        single_level: the architecture is optimised on the batch of the weights (SNAS) and
            needs no data of its own.
        one_pass: with ``single_level``, one forward and backward pass gives the gradients of both, so that
            they see the same draws and the same weights, as in SNAS; otherwise each has its own.

    Attributes:
        batch: data of the last alpha step.

    Raises:
        ValueError: an argument lies outside its range.
    """

    # That of IterTimerHook, which is registered first: the alpha step is no time of waiting for data.
    priority = 'NORMAL'

    def __init__(
        self,
        arch_dataloader: Optional[dict] = None,
        order: int = 1,
        warmup_epochs: Union[int, float] = 0,
        radius: float = 0.01,
        single_level: bool = False,
        one_pass: bool = False,
        redraw: bool = False,
        nesterov: bool = True,
    ) -> None:
        if order not in (1, 2):
            raise ValueError(f'BilevelHook.order must be 1 or 2, got {order!r}')
        (NOT_NEGATIVE if isinstance(warmup_epochs, float) and warmup_epochs < 1 else INDEX).check(
            'BilevelHook.warmup_epochs', warmup_epochs
        )
        POSITIVE.check('BilevelHook.radius', radius)
        if one_pass and not (single_level and order == 1):
            raise ValueError(
                f'BilevelHook.one_pass needs single_level=True and order=1, got {single_level} and {order}'
            )
        self.arch_dataloader = arch_dataloader
        self.order = order
        self.warmup_epochs = warmup_epochs
        self.unrolled = dict(radius=radius, redraw=redraw, nesterov=nesterov)
        self.single_level = single_level
        self.one_pass = one_pass
        self._pass = ExitStack()
        self.batch: Any = None
        self._loader: Optional[DataLoader] = None
        self._iterator: Optional[Iterator] = None
        #: How often the architecture's data has been gone through, and batches since.
        self._epoch = 0
        self._position = 0

    def resting(self, max_epochs: int) -> int:
        """The epochs of so many in which alpha rests."""
        return int(self.warmup_epochs * (max_epochs if self.warmup_epochs < 1 else 1))

    @property
    def dataset(self) -> Optional[Dataset]:
        """The architecture's data once training has begun; None where it has none of its own."""
        return None if self._loader is None else self._loader.dataset

    def before_train(self, runner: Runner) -> None:
        """Builds the architecture's loader, and resumes it where it stood.

        Raises:
            TypeError: the runner's model is not a search model or has a single optimizer.
            ValueError: ``one_pass`` with a scaled loss or accumulated gradients, or no epoch is left for alpha.
        """
        if not (
            isinstance(unwrap(runner.model), SearchModel) and isinstance(runner.optim_wrapper, BilevelOptimWrapper)
        ):
            raise TypeError(
                'BilevelHook needs a search model and optim_wrapper.constructor='
                "'mmnas_mae.BilevelOptimWrapperConstructor'"
            )
        if self.resting(runner.max_epochs) >= runner.max_epochs:
            raise ValueError(
                f'BilevelHook.warmup_epochs must be below train_cfg.max_epochs, {runner.max_epochs}, for alpha to '
                f'move, got {self.warmup_epochs}'
            )
        if self.one_pass:
            _check_one_pass(runner.optim_wrapper['weights'])
        if self.single_level:
            return
        cfg = deepcopy(self.arch_dataloader)
        if cfg is None:
            cfg = deepcopy(runner.cfg.train_dataloader)
            if 'part' not in cfg.dataset:
                raise ValueError(
                    'BilevelHook.arch_dataloader is not given and train_dataloader.dataset is no '
                    'mmnas_mae.SearchSplit whose other part could be used'
                )
            cfg.dataset.part = 'arch'
        cfg.setdefault('sampler', dict())
        cfg['sampler'] = dict(cfg['sampler'], type='mmnas_mae.ResumableSampler')
        self._loader = Runner.build_dataloader(cfg, seed=runner.seed)
        # Its own generator: starting an epoch must not draw from the global one.
        self._loader.generator = torch.Generator()
        self._start_epoch()

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """The alpha step."""
        if runner.epoch < self.resting(runner.max_epochs):
            return
        model = unwrap(runner.model)
        self.batch = data_batch if self.single_level else self._next_batch()
        if self.one_pass:
            self._pass.enter_context(enable_grad(model.arch_parameters()))
            self._pass.enter_context(model.arch.in_alpha_step())
            return
        loss = arch_step(model, runner.optim_wrapper, self.batch, data_batch, self.order, **self.unrolled)
        log_scalar(runner.message_hub, 'train/arch_loss', loss)

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        """The alpha step of ``one_pass``, whose gradients the weight step has left."""
        if not self.one_pass or runner.epoch < self.resting(runner.max_epochs):
            return
        self._pass.close()
        shared_step(unwrap(runner.model), runner.optim_wrapper['arch'])
        log_scalar(runner.message_hub, 'train/arch_loss', outputs['loss'])

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Saves where the architecture's data stands."""
        checkpoint['bilevel'] = dict(epoch=self._epoch, position=self._position)

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Takes up the position; the loader is built later, in :meth:`before_train`."""
        if runner._resume and 'bilevel' in checkpoint:
            self._epoch = checkpoint['bilevel']['epoch']
            self._position = checkpoint['bilevel']['position']

    def _next_batch(self) -> Any:
        batch = next(self._iterator, None)
        if batch is None:
            self._epoch, self._position = self._epoch + 1, 0
            self._start_epoch()
            batch = next(self._iterator)
        self._position += 1
        return batch

    def _start_epoch(self) -> None:
        if self._position >= len(self._loader):
            self._epoch, self._position = self._epoch + 1, 0
        sampler = self._loader.sampler
        sampler.set_epoch(self._epoch)
        sampler.start = self._position * self._loader.batch_size
        set_epoch(self._loader.dataset, self._epoch)
        self._iterator = iter(self._loader)


def bilevel_of(runner: Runner) -> Optional[BilevelHook]:
    """The hook that optimises the architecture in a run; None where none does."""
    return next((hook for hook in getattr(runner, 'hooks', ()) if isinstance(hook, BilevelHook)), None)


def _check_one_pass(weights: OptimWrapper) -> None:
    scaler = getattr(weights, 'loss_scaler', None)
    if weights._accumulative_counts != 1 or (scaler is not None and scaler.is_enabled()):
        raise ValueError(
            'BilevelHook.one_pass takes the gradient of alpha from the step of the weights, which must neither '
            'accumulate (optim_wrapper.weights.accumulative_counts) nor scale the loss (use dtype="bfloat16")'
        )
