"""The true accuracy of what a search has found so far, from the table of its benchmark."""

import os
from pathlib import Path
from typing import Optional, Sequence, Union

from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ...benchmarks.load import load_table
from ...benchmarks.table import BenchmarkTable
from ...registry import HOOKS
from ...utils.records import append_record, trim_history
from ...utils.unwrap import unwrap


@HOOKS.register_module()
class BenchmarkHook(Hook):
    """Looks up the current genotype after each epoch. The search learns nothing from it.

    Scalars: ``benchmark/<data set>_<metric>``, such as ``benchmark/cifar10_test``. File in
    the work directory: ``benchmark_history.jsonl``, one line an epoch with ``epoch``,
    ``arch``, ``values``, which is null where the table lacks the architecture, and ``units``.

    Args:
        benchmark: name of the benchmark, such as ``nasbench201``.
        table: the table or a folder that holds it; ``MMNAS_DATA`` by default.
        datasets: data sets to report, all by default.
        metrics: metrics to report; what counts after full training by default.

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
        self.table.check_space(unwrap(runner.model).arch.space.name)
        self._drop_history(runner)

    @master_only
    def after_train_epoch(self, runner: Runner) -> None:
        """Looks up, logs and records the current genotype."""
        model, epoch = unwrap(runner.model), runner.epoch + 1
        genotype = model.genotype()
        arch, values = self.table.text(genotype), self.table.finite_values(genotype, self.pairs)
        if values is None:
            runner.logger.info(f'epoch {epoch}: the table of {self.table.name} lacks {arch}')
        else:
            runner.visualizer.add_scalars({f'benchmark/{name}': value for name, value in values.items()}, step=epoch)
            runner.logger.info(f'epoch {epoch}: {self.table.name} {self.table.show(values)}; {arch}')
        units = {name: self.table.units[name] for name in values or {}}
        append_record(_history(runner), dict(epoch=epoch, arch=arch, values=values, units=units))

    @master_only
    def _drop_history(self, runner: Runner) -> None:
        trim_history(_history(runner), runner.epoch, runner.logger)


def _history(runner: Runner) -> Path:
    return Path(runner.work_dir, 'benchmark_history.jsonl')
