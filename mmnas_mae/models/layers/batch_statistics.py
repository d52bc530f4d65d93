"""Evaluation at the running statistics of normalisations or at those of the batch."""

from contextlib import contextmanager
from typing import Iterator

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


@contextmanager
def running_statistics(model: nn.Module) -> Iterator[None]:
    """Eval mode: every normalisation that keeps running statistics takes them."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


@contextmanager
def batch_statistics(model: nn.Module) -> Iterator[None]:
    """Eval mode, except that every normalisation takes the statistics of its batch and keeps none of them.

    Running statistics of a search network are a mixture over architectures and fit no
    single one.
    """
    norms = [(norm, norm.track_running_stats) for norm in model.modules() if isinstance(norm, _BatchNorm)]
    with running_statistics(model):
        for norm, _ in norms:
            norm.training, norm.track_running_stats = True, False
        try:
            yield
        finally:
            for norm, tracked in norms:
                norm.track_running_stats = tracked
