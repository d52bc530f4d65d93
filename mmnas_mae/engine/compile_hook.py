"""Compilation of the search network."""

from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..registry import HOOKS
from ..utils import unwrap


@HOOKS.register_module()
class CompileHook(Hook):
    """Compiles the search network by ``torch.compile``, for both steps.

    The architecture parameters are inputs of the compiled graph, so their changes compile
    nothing anew. Compiling takes long, since a search network has thousands of
    operators; docs/speed.md says what was measured. ``mode='reduce-overhead'`` replays
    CUDA graphs on a GPU.

    Args:
        options: arguments of :func:`torch.compile`, such as ``backend`` and ``mode``.
    """

    priority = 'VERY_HIGH'

    def __init__(self, **options: Any) -> None:
        self.options = options

    def before_train(self, runner: Runner) -> None:
        """Compiles in place; parameters keep their names."""
        unwrap(runner.model).backbone.compile(**self.options)
