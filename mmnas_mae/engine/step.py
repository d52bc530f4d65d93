"""The loss of a batch as a function that can be evaluated again."""

from contextlib import nullcontext
from typing import Any, Optional

from mmengine.optim import OptimWrapper
from torch import Tensor

from ..models import SearchModel, fast_layout
from .arch_grad import LossFn


def set_epoch(dataset: Any, epoch: int) -> None:
    """Tells a data set whose augmentation depends on it which epoch it is."""
    if hasattr(dataset, 'set_epoch'):
        dataset.set_epoch(epoch)


def step_loss(model: SearchModel, wrapper: Optional[OptimWrapper], data_batch: Any, alpha_step: bool = False) -> LossFn:
    """What a step on ``data_batch`` minimises, everything random in the data drawn once.

    Args:
        wrapper: the optimizer wrapper whose precision the loss is computed in; None for that
            of the parameters.
        alpha_step: whether the gradient of alpha is wanted.
    """
    data = model.data_preprocessor(data_batch, True)
    prepared = model.prepare(fast_layout(data['inputs']), data.get('data_samples'))

    def loss() -> Tensor:
        precision = nullcontext() if wrapper is None else wrapper.optim_context(model)
        with precision, model.arch.in_alpha_step() if alpha_step else nullcontext():
            return model.parse_losses(model.total_losses(**prepared))[0]

    return loss
