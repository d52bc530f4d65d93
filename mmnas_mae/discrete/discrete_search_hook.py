"""The discrete search at the end of a one-shot search."""

import os
from pathlib import Path
from typing import Any, Mapping, Optional, Union

import torch
from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..benchmarks.load import load_table
from ..costs import Budget
from ..engine.records.benchmark_hook import BenchmarkHook
from ..registry import HOOKS, TASK_UTILS
from ..utils.ranges import COUNT, INDEX
from ..utils.records import read_records, write_records
from ..utils.unwrap import unwrap
from .run import Found, run_discrete_search
from .search_run import SearchRun


@HOOKS.register_module()
class DiscreteSearchHook(Hook):
    """Searches among the children of the trained search network, after the last epoch.

    This makes RSPS, SETN and RLNAS one config each: the weights are trained first, the
    architecture is chosen then. Files in the work directory: ``selection.jsonl``, every
    evaluation; ``genotype.json``, the best; ``initial_weights.pth``, the weights before the
    first step, which the angle is taken to. With ``benchmark`` a last line of
    ``benchmark_history.jsonl`` with ``"selected": true`` has its true accuracy, which the
    search does not see.

    Args:
        search: config of the search, such as ``dict(type='mmnas_mae.RandomSearch', budget=100)``.
        scorer: config of the scorer.
        heldout: images of ``val_dataloader`` to score on; 0 for a scorer that needs none.
        train: images of ``train_dataloader`` to train on.
        keep_initial: whether to write the initial weights.
        benchmark: name of the benchmark that knows the true accuracy; by default that of
            :class:`mmnas_mae.BenchmarkHook`, where the run has one.
        table: its table or a folder that holds it, as in :class:`mmnas_mae.BenchmarkHook`.
        budget: what the architecture may cost, arguments of :class:`mmnas_mae.costs.Budget`.

    Raises:
        FileNotFoundError: there is no such table.
        ValueError: the table is of another space, or a setting of the search is wrong.
    """

    # After the last validation and what other hooks write about the last epoch.
    priority = 'VERY_LOW'

    def __init__(
        self,
        search: Mapping[str, Any],
        scorer: Mapping[str, Any],
        heldout: int = 512,
        train: int = 0,
        keep_initial: bool = False,
        benchmark: Optional[str] = None,
        table: Union[None, str, os.PathLike] = None,
        budget: Optional[Mapping[str, Any]] = None,
    ) -> None:
        TASK_UTILS.build(dict(search))  # a wrong setting is reported now, not after the last epoch
        for name, count in dict(heldout=heldout, train=train).items():
            INDEX.check(f'DiscreteSearchHook.{name}', count)
        COUNT.check('DiscreteSearchHook.scorer.batch_size', scorer.get('batch_size', 1))
        self.search = dict(search)
        self.scorer = dict(scorer)
        self.heldout = heldout
        self.train = train
        self.keep_initial = keep_initial
        self.budget = budget
        self.table = None if benchmark is None else load_table(benchmark, table)

    @master_only
    def before_train(self, runner: Runner) -> None:
        """Writes the initial weights of a new run.

        Raises:
            FileNotFoundError: a resumed run has none.
            ValueError: the model searches another space than the benchmark knows, or none of its members keeps
                within the budget.
        """
        if self.budget is not None:
            model = unwrap(runner.model)
            Budget(**self.budget).on(model.backbone).check(model.arch.space)
        if self.table is not None:
            self.table.check_space(unwrap(runner.model).arch.space.name)
        file = Path(runner.work_dir, 'initial_weights.pth')
        if not self.keep_initial:
            return
        if runner.iter == 0:
            torch.save(unwrap(runner.model).state_dict(), file)
        elif not file.exists():
            raise FileNotFoundError(f'{file} is missing: a resumed search needs the weights that it started from')

    @master_only
    def after_train(self, runner: Runner) -> None:
        """Searches, and writes what was found."""
        file = Path(runner.work_dir, 'initial_weights.pth')
        run = SearchRun.from_runner(runner, self.heldout, self.train, file if self.keep_initial else None)
        log = Path(runner.work_dir, 'selection.jsonl')
        log.unlink(missing_ok=True)  # the weights may have been trained further
        table = self.table or next((hook.table for hook in runner.hooks if isinstance(hook, BenchmarkHook)), None)
        settings, epoch = dict(heldout=self.heldout), runner.epoch
        found = run_discrete_search(
            self.search, self.scorer, run.space, runner.seed, log, settings, run, table, self.budget, epoch=epoch
        )
        best, tried = found.best, len(found.evaluate.history)
        runner.logger.info(f'selected of {tried}: score {best.score:.4f}; {best.arch}')
        found.genotype.save(Path(runner.work_dir, 'genotype.json'))
        if table is not None:
            self._write_truth(runner, found)

    @staticmethod
    def _write_truth(runner: Runner, found: Found) -> None:
        if found.values is not None:
            runner.logger.info(f'{found.table.name} {found.table.show(found.values)}')
        history = Path(runner.work_dir, 'benchmark_history.jsonl')
        lines = [line for line in read_records(history, runner.logger) if not line.get('selected')]
        line = dict(epoch=runner.epoch, arch=found.best.arch, values=found.values, units=found.units, selected=True)
        write_records(history, [*lines, line])
