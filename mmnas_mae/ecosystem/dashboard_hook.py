"""What a dashboard shows of a search beside its curves."""

import re
from typing import Any, Mapping, Optional

from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmengine.visualization import LocalVisBackend, WandbVisBackend
from mmengine.visualization.vis_backend import BaseVisBackend

from ..costs.standalone import standalone_cost
from ..models import BaseArchitecture
from ..registry import HOOKS
from ..spaces import CellGenotype, Genotype
from ..utils.pictures import to_pixels
from ..utils.seeding import kept_random_state
from ..utils.unwrap import unwrap


@HOOKS.register_module()
class DashboardHook(Hook):
    """Sends alpha, the cost of the derived network and a drawing of its cells to the backends beside the local one.

    Scalars of each epoch: ``alpha/<what>/<edge>/<operation>``, the weight of each candidate
    (:meth:`mmnas_mae.models.BaseArchitecture.choices`); ``cost/params`` and ``cost/macs``, in millions, of the derived
    network at its usual size (:func:`mmnas_mae.costs.standalone.standalone_cost`), where it has one. Picture: ``cell``,
    when the derived cells have changed, and at the end. The local backend has these in ``arch_history.jsonl``; losses,
    ``arch/...`` with the number of skips, held-out metrics and reconstructions go to every backend by other hooks.
    """

    # Before GenotypeHook: what it logs is drawn by W&B over the last epoch that it was told of.
    priority = 'NORMAL'

    def __init__(self) -> None:
        self._cells: Optional[Mapping[str, CellGenotype]] = None
        self._cost: dict[str, float] = {}

    @master_only
    def after_train_epoch(self, runner: Runner) -> None:
        """Sends what there is."""
        backends = dashboards(runner)
        if not backends:
            return
        model, epoch = unwrap(runner.model), runner.epoch + 1
        genotype = model.genotype()
        changed = genotype.cells != self._cells
        if changed:
            self._cells, self._cost = genotype.cells, network_cost(genotype)
        scalars = {**alpha_scalars(model.arch, genotype), **self._cost}
        picture = cell_picture(genotype) if changed or epoch == runner.max_epochs else None
        for backend in backends:
            told = dict(epoch=epoch) if isinstance(backend, WandbVisBackend) else {}
            backend.add_scalars({**scalars, **told}, step=epoch)
            if picture is not None:
                backend.add_image('cell', picture, step=epoch)


def dashboards(runner: Runner) -> list[BaseVisBackend]:
    """The backends of a visualizer beside the local one."""
    return [own for own in runner.visualizer._vis_backends.values() if not isinstance(own, LocalVisBackend)]


def alpha_scalars(arch: BaseArchitecture, genotype: Genotype) -> dict[str, float]:
    """The weight of each candidate by a name that every dashboard takes."""
    out = {}
    for table in arch.choices(genotype.cells):
        for row, weights in zip(table.rows, table.weights.tolist()):
            for column, weight in zip(table.columns, weights):
                if weight == weight:
                    out['/'.join(map(_plain, ('alpha', table.title, row, column)))] = weight
    return out


def network_cost(genotype: Genotype) -> dict[str, float]:
    """Millions of parameters and multiply-adds; nothing of a space without a stand-alone network."""
    try:
        with kept_random_state():
            found = standalone_cost(genotype).complexity
    except (ValueError, TypeError, RuntimeError):  # no network, or one that takes other images
        return {}
    return {'cost/params': found.params / 1e6, 'cost/macs': found.macs / 1e6}


def cell_picture(genotype: Genotype) -> Any:
    """The drawing of :func:`mmnas_mae.report.draw_genotype` as pixels; None of a genotype with nothing to draw."""
    # Drawing imports matplotlib, which a search without a dashboard needs not wait for.
    from ..report.drawing import genotype_figure

    try:
        return to_pixels(genotype_figure(genotype))
    except ValueError:
        return None


def _plain(text: str) -> str:
    return re.sub(r'[^\w.-]+', '_', text.replace('→', 'to')).strip('_')
