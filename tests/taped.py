"""A recorder of steps that behaves as a CUDA graph does, on the CPU."""

from typing import Callable

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from mmnas_mae.engine.execution.captured_losses import Results


class _Tape(TorchDispatchMode):
    """Keeps each operator with its arguments and what it gave."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # noqa: ANN001, ANN204
        kwargs = kwargs or {}
        out = func(*args, **kwargs)
        self.calls.append((func, args, kwargs, out))
        return out


def taped(run: Callable[[], Results]) -> tuple[Callable[[], None], Results]:
    """Records the operators of a run; a replay calls them again on the same memory.

    Unlike :func:`mmnas_mae.engine.execution.captured_losses.rerun` it executes no Python again: numbers of Python's and
    tensors that have since been replaced are those of the recording, as in a CUDA graph.
    """
    tape = _Tape()
    with tape:
        results = run()

    @torch.no_grad()
    def replay() -> None:
        for func, args, kwargs, out in tape.calls:
            for place, value in zip(tree_leaves(out), tree_leaves(func(*args, **kwargs))):
                if isinstance(place, Tensor) and place.numel() and place.data_ptr() != value.data_ptr():
                    place.detach().copy_(value)

    return replay, results
