"""The true accuracy of what a search has found so far, from the table of its benchmark."""

import math
import os
from pathlib import Path
from typing import Optional, Sequence, Union

from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ...benchmarks.load import load_table
from ...benchmarks.table import BenchmarkTable
from ...registry import HOOKS
from ...utils import unwrap
from ...utils.records import append_record, trim_history

#: The cell of NAS-Bench-201 that DARTS collapses to.
_ALL_SKIP = '|skip_connect~0|+|skip_connect~0|skip_connect~1|+|skip_connect~0|skip_connect~1|skip_connect~2|'


@HOOKS.register_module()
class BenchmarkHook(Hook):
    """Looks up the current genotype after each epoch. The search learns nothing from it.

    Scalars: ``benchmark/<data set>_<metric>``, such as ``benchmark/cifar10_test``. File in
    the work directory: ``benchmark_history.jsonl``, one line an epoch with ``epoch``,
    ``arch`` and ``values``, which is null where the table lacks the architecture.

    Args:
        benchmark: name of the benchmark, such as ``nasbench201``.
        table: the table or a folder that holds it; ``MMNAS_DATA`` or ``../shared/data`` by
            default.
        datasets: data sets to report, all by default.
        metrics: metrics to report; accuracies after full training by default.

    Raises:
        ValueError: the table has no such data set or metric, or is of another space.
        FileNotFoundError: there is no table.
    """

    priority = 'BELOW_NORMAL'

    def __init__(
        self,
        benchmark: str,
        table: Union[None, str, os.PathLike] = None,
        datasets: Optional[Sequence[str]] = None,
        metrics: Optional[Sequence[str]] = None,
    ) -> None:
        self.table: BenchmarkTable = load_table(benchmark, table)
        for name, names in (('datasets', datasets), ('metrics', metrics)):
            if isinstance(names, str):
                raise ValueError(f'BenchmarkHook.{name} must be a list of names, got {names!r}')
        pairs = self.table.select(datasets, metrics)
        #: What is reported.
        self.pairs = pairs if metrics else tuple(pair for pair in self.table.headline if pair in pairs)

    def before_train(self, runner: Runner) -> None:
        """Checks that model and table belong together; drops the history that a resumed run writes again.

        Raises:
            ValueError: the model searches another space.
        """
        space, known = unwrap(runner.model).arch.space.name, [space.name for space in self.table.spaces]
        if space not in known:
            raise ValueError(
                f'BenchmarkHook.benchmark={self.table.name!r} knows {" and ".join(known)}, the model searches {space}'
            )
        self._drop_history(runner)

    @master_only
    def after_train_epoch(self, runner: Runner) -> None:
        """Looks up, logs and records the current genotype."""
        genotype, epoch = unwrap(runner.model).genotype(), runner.epoch + 1
        arch, entry = self.table.text(genotype), self.table.find(genotype)
        values = None
        if entry is None:
            runner.logger.info(f'epoch {epoch}: the table of {self.table.name} lacks {arch}')
        else:
            values = {f'{d}_{m}': float(self.table.value(entry, d, m)) for d, m in self.pairs}
            values = {name: value for name, value in values.items() if math.isfinite(value)}
            runner.visualizer.add_scalars({f'benchmark/{name}': value for name, value in values.items()}, step=epoch)
            shown = ', '.join(f'{name} {value:.2f}' for name, value in values.items())
            runner.logger.info(f'epoch {epoch}: {self.table.name} {shown}; {arch}')
        if arch == _ALL_SKIP:
            runner.logger.warning(
                f'epoch {epoch}: the genotype is the collapsed cell of NAS-Bench-201, all skip connections '
                '(a larger mask ratio or the hierarchical decoder counteract this)'
            )
        append_record(_history(runner), dict(epoch=epoch, arch=arch, values=values))

    @master_only
    def _drop_history(self, runner: Runner) -> None:
        trim_history(_history(runner), runner.epoch, runner.logger)


def _history(runner: Runner) -> Path:
    return Path(runner.work_dir, 'benchmark_history.jsonl')
