"""Activation checkpointing: a cell's activations are computed again in the backward pass instead of kept."""

from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Iterator

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint


def run_cell(cell: nn.Module, *args: Any, with_cp: bool = False) -> Any:
    """``cell(*args)``; with ``with_cp`` only its inputs and output are kept for the backward pass.

    The second run draws the same random numbers and leaves the running statistics of
    normalisations alone, so that losses, gradients and buffers are those of a single run.
    Without gradients nothing would be kept anyway, and the cell simply runs.
    """
    if not (with_cp and cell.training and torch.is_grad_enabled()):
        return cell(*args)

    def contexts() -> tuple[AbstractContextManager, AbstractContextManager]:
        return nullcontext(), _frozen_statistics(cell)

    return checkpoint(cell, *args, use_reentrant=False, context_fn=contexts)


@contextmanager
def _frozen_statistics(module: nn.Module) -> Iterator[None]:
    """Lets normalisations update copies of their running statistics.

    The same operators must run as before, so the update itself cannot be left out.
    """
    norms = [m for m in module.modules() if isinstance(m, _BatchNorm) and m.training and m.track_running_stats]
    kept = [dict(norm.named_buffers(recurse=False)) for norm in norms]
    for norm, buffers in zip(norms, kept):
        for name, value in buffers.items():
            setattr(norm, name, value.clone())
    try:
        yield
    finally:
        for norm, buffers in zip(norms, kept):
            for name, value in buffers.items():
                setattr(norm, name, value)
