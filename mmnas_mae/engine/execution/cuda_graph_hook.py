"""The steps of a search as CUDA graphs."""

from typing import Union

from mmengine.dist import get_world_size
from mmengine.hooks import Hook
from mmengine.optim import OptimWrapper, OptimWrapperDict
from mmengine.runner import Runner

from ...models import SearchModel
from ...models.layers.masked_norm import fuse_norms
from ...registry import HOOKS
from ...utils.unwrap import unwrap
from .captured_losses import CapturedLosses, CUDAGraphs
from .compile_hook import CompileHook


@HOOKS.register_module()
class CudaGraphHook(Hook):
    """Replays forward and backward passes of both steps of a search as CUDA graphs on a GPU.

    A search network has thousands of small operators, whose launching from Python takes several times as long as
    their work. Losses are those of an ordinary execution to rounding. Optimizers and clipping stay outside
    the graphs, so learning rates may change; what changes from epoch to epoch is recorded anew.

    On other devices it does nothing. What cannot be recorded (see :class:`CapturedLosses`) runs as usual, and the
    log says why in one line.
    """

    # Before the alpha step.
    priority = 'ABOVE_NORMAL'

    def before_train(self, runner: Runner) -> None:
        """Replaces the execution of the model's losses."""
        model = unwrap(runner.model)
        if not isinstance(model, SearchModel) or next(model.parameters()).device.type != 'cuda':
            return
        # In the precision of the steps.
        with _weights(runner.optim_wrapper).optim_context(model):
            obstacle = CapturedLosses.obstacle(model)
        if get_world_size() > 1:
            obstacle = 'gradients are averaged over several processes while they are computed'
        if any(isinstance(hook, CompileHook) for hook in runner.hooks):
            obstacle = 'CompileHook runs the network'
        if obstacle is not None:
            runner.logger.info(f'steps are not captured as CUDA graphs: {obstacle}')
            return
        # A copy that the host waits for would wait for the step before it.
        model.data_preprocessor._non_blocking = True
        model.execution = CapturedLosses(CUDAGraphs())
        norms = '' if fuse_norms(model) else ", with the library's normalisations, since there is no triton"
        runner.logger.info(f'steps are captured as CUDA graphs{norms}; the first step of each kind takes longer')

    def before_train_epoch(self, runner: Runner) -> None:
        """Hooks may have changed the model."""
        execution = getattr(unwrap(runner.model), 'execution', None)
        if isinstance(execution, CapturedLosses):
            execution.check()

    def after_train(self, runner: Runner) -> None:
        """Gives the memory of the graphs back."""
        model = unwrap(runner.model)
        if isinstance(model, SearchModel):
            model.execution = None
            fuse_norms(model, False)


def _weights(wrapper: Union[OptimWrapper, OptimWrapperDict]) -> OptimWrapper:
    return wrapper['weights'] if isinstance(wrapper, OptimWrapperDict) else wrapper
