"""Compilation of the search network."""

from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner

from ...registry import HOOKS
from ...utils.unwrap import unwrap
from ..stabilisers.hessian_hook import HessianHook


@HOOKS.register_module()
class CompileHook(Hook):
    """Compiles the search network by ``torch.compile``, for both steps.

    The architecture parameters are inputs of the compiled graph, so their changes compile
    nothing anew. That holds for relaxations that run every operation; one that draws
    sub-networks would compile each drawn one, until the compiler gives up. Compiling
    takes long, since a search network has thousands of operators; docs/speed.md says what
    was measured. Steps that it compiles are not captured by :class:`mmnas_mae.CudaGraphHook` beside it.

    Args:
        options: arguments of :func:`torch.compile`, such as ``backend`` and ``mode``.

    Raises:
        ValueError: the relaxation draws sub-networks, or a :class:`HessianHook` wants second
            derivatives, which a compiled network has none of.
    """

    priority = 'VERY_HIGH'

    def __init__(self, **options: Any) -> None:
        self.options = options

    def before_train(self, runner: Runner) -> None:
        """Compiles in place; parameters keep their names.

        Raises:
            ValueError: the network draws which operations run, or second derivatives are taken of it.
        """
        backbone = unwrap(runner.model).backbone
        if not backbone.arch.runs_all:
            raise ValueError(
                'CompileHook needs a network that runs every operation; model.backbone.relaxation draws some '
                f'({backbone.arch.rule})'
            )
        if any(isinstance(hook, HessianHook) for hook in runner.hooks):
            raise ValueError(
                'CompileHook and HessianHook exclude each other: compiled, there are no second derivatives'
            )
        backbone.compile(**self.options)
