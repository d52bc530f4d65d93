"""How sharp the validation loss is in the architecture."""

from typing import Optional

from mmengine.hooks import Hook
from mmengine.runner import Runner

from ...registry import HOOKS
from ...utils.ranges import COUNT
from ...utils.seeding import kept_random_state
from ...utils.unwrap import unwrap
from ..bilevel_hook import BilevelHook, bilevel_of
from ..step import mean_over_ranks, step_loss
from .curvature import dominant_eigenvalue


@HOOKS.register_module()
class HessianHook(Hook):
    """Measures the dominant eigenvalue of the Hessian of the validation loss by alpha (R-DARTS).

    In every ``interval``-th epoch, counted from the first, and in the last one, on the
    batch of the last alpha step (automl/RobustDARTS: src/search/train_search.py). The search
    goes on as if nothing had been measured. Epochs without an alpha step are passed over.

    Scalar: ``arch/eigenvalue``, of each measured epoch (as in the log, from 1).

    Args:
        interval: epochs from one measurement to the next.
        steps: None for the full Hessian, as published; otherwise steps of Lanczos, of which
            20 come close at a tenth of the cost.
        weight_decay: whether the weight decay of the ``arch`` optimizer counts as part of the loss, which
            adds it to the diagonal and so to the eigenvalue, as published (src/search/analyze.py).

    Attributes:
        eigenvalues: of each measured epoch, counted from 0.

    Raises:
        ValueError: a number is below 1.
    """

    def __init__(self, interval: int = 2, steps: Optional[int] = None, weight_decay: bool = False) -> None:
        COUNT.check('HessianHook.interval', interval)
        if steps is not None and steps < 1:
            raise ValueError(f'HessianHook.steps must be at least 1 or None, got {steps}')
        self.interval = interval
        self.steps = steps
        self.weight_decay = weight_decay
        self.eigenvalues: dict[int, float] = {}
        self._bilevel: Optional[BilevelHook] = None

    def before_train(self, runner: Runner) -> None:
        """Finds the alpha step.

        Raises:
            TypeError: alpha is not optimised in this run.
        """
        self._bilevel = bilevel_of(runner)
        if self._bilevel is None:
            raise TypeError('HessianHook measures what mmnas_mae.BilevelHook optimises; this run has no such hook')

    def after_train_epoch(self, runner: Runner) -> None:
        """Measures and logs."""
        epoch = runner.epoch
        due = epoch % self.interval == 0 or epoch == runner.max_epochs - 1
        if not due or self._bilevel.batch is None:
            return
        decay = runner.optim_wrapper['arch'].optimizer.param_groups[0]['weight_decay'] if self.weight_decay else 0.0
        self.eigenvalues[epoch] = value = self._measure(runner) + decay
        runner.visualizer.add_scalars({'arch/eigenvalue': value}, step=epoch + 1)
        runner.logger.info(f'epoch {epoch + 1}: dominant eigenvalue {value:.6g}')

    def _measure(self, runner: Runner) -> float:
        model = unwrap(runner.model)
        with kept_random_state(), model.kept_generators():
            loss = step_loss(model, None, self._bilevel.batch, alpha_step=True, twice=True)
            buffers = list(model.buffers())
            return dominant_eigenvalue(loss, model.arch_parameters(), buffers, self.steps, mean_over_ranks)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Saves the eigenvalues."""
        checkpoint['eigenvalues'] = dict(self.eigenvalues)

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Takes them up."""
        if runner._resume:
            self.eigenvalues = dict(checkpoint.get('eigenvalues', {}))
