"""The discrete search at the end of a one-shot search."""

import math
import os
from pathlib import Path
from typing import Any, Mapping, Optional, Union

import torch
from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..benchmarks.load import load_table
from ..engine.records.benchmark_hook import BenchmarkHook
from ..registry import HOOKS
from ..utils import unwrap
from ..utils.records import read_records, write_records
from .build import build_scorer, run_discrete_search
from .evaluation import Evaluation, Evaluator
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

    Raises:
        FileNotFoundError: there is no such table.
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
    ) -> None:
        self.search = dict(search)
        self.scorer = dict(scorer)
        self.heldout = heldout
        self.train = train
        self.keep_initial = keep_initial
        self.table = None if benchmark is None else load_table(benchmark, table)

    @master_only
    def before_train(self, runner: Runner) -> None:
        """Writes the initial weights of a new run.

        Raises:
            FileNotFoundError: a resumed run has none.
        """
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
        settings = dict(search=self.search, scorer=self.scorer, heldout=self.heldout, seed=runner.seed)
        log = Path(runner.work_dir, 'selection.jsonl')
        log.unlink(missing_ok=True)  # the weights may have been trained further
        evaluate = Evaluator(run.space, build_scorer(self.scorer, run), log, settings)
        best = run_discrete_search(self.search, run.space, evaluate, runner.seed, run)
        runner.logger.info(f'selected of {len(evaluate.history)}: score {best.score:.4f}; {best.arch}')
        self._write(runner, best)

    def _write(self, runner: Runner, best: Evaluation) -> None:
        found = best.genotype
        meta = dict(seed=runner.seed, epoch=runner.epoch, score=best.score, selected_by=self.search['type'])
        found.with_meta(**meta).save(Path(runner.work_dir, 'genotype.json'))
        table = self.table or next((hook.table for hook in runner.hooks if isinstance(hook, BenchmarkHook)), None)
        if table is None:
            return
        entry, values = table.find(found), None
        if entry is not None:
            values = {f'{d}_{m}': float(table.value(entry, d, m)) for d, m in table.headline}
            values = {name: value for name, value in values.items() if math.isfinite(value)}
            runner.logger.info(f'{table.name} {", ".join(f"{name} {value:.2f}" for name, value in values.items())}')
        history = Path(runner.work_dir, 'benchmark_history.jsonl')
        lines = [line for line in read_records(history, runner.logger) if not line.get('selected')]
        lines.append(dict(epoch=runner.epoch, arch=best.arch, values=values, selected=True))
        write_records(history, lines)
