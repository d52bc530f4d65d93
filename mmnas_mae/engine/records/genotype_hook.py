"""What the search has found so far, on disk and in the log."""

import math
from pathlib import Path
from typing import Any, Mapping, Optional

import torch
from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ...registry import HOOKS
from ...spaces import CellGenotype, Genotype, judge
from ...spaces.genotype import read_cells
from ...spaces.verdict import COLLAPSE_RATIO, DECIDED_RATIO
from ...utils.records import append_record, settings_hash, trim_history
from ...utils.unwrap import unwrap
from ..bilevel_hook import bilevel_of
from ..optim_constructor import BilevelOptimWrapper
from .run_record_hook import made_by

#: What makes alpha decide.
_TO_DECIDE = 'more alpha steps (epochs, images) or a larger optim_wrapper.arch.optimizer.lr would decide it'


@HOOKS.register_module()
class GenotypeHook(Hook):
    """Writes the genotype after each epoch, and says where it should not be relied on.

    Files in the work directory: ``genotype.json``, the current architecture, and
    ``arch_history.jsonl``, one line an epoch with genotype, architecture parameters,
    entropy, ratio and skips. :func:`mmnas_mae.spaces.judge` finds an architecture undecided or
    collapsed; its reasons stand in the log and, under ``warnings``, in the ``meta`` of the genotype.

    Scalars: ``arch/entropy`` (mean over edges, 1 = undecided), ``arch/ratio`` (how many times
    the operation of an edge weighs the next best, where edges have weights) and ``arch/skips``,
    the skip connections in the first cell type of the space, where DARTS collapses.

    Args:
        collapse_ratio: warns when more than this share of the edges of that cell carry
            operations without weights.
        decided_ratio: ``arch/ratio`` that counts as a decision, with the same cell over the last third of the
            epochs. Only the end of a search is warned of for want of it.

    Raises:
        ValueError: an argument lies outside its range.
    """

    priority = 'BELOW_NORMAL'

    def __init__(self, collapse_ratio: float = COLLAPSE_RATIO, decided_ratio: float = DECIDED_RATIO) -> None:
        if not 0 < collapse_ratio <= 1:
            raise ValueError(f'GenotypeHook.collapse_ratio must lie in (0, 1], got {collapse_ratio}')
        if decided_ratio < 1:
            raise ValueError(f'GenotypeHook.decided_ratio must be at least 1, got {decided_ratio}')
        self.limits = dict(collapse_ratio=collapse_ratio, decided_ratio=decided_ratio)
        self._genotype: Optional[Genotype] = None
        #: Epochs that earlier pieces of the run have trained.
        self._begun = 0
        #: Code, environment and images, for ``meta``.
        self._made_by: dict[str, Any] = {}
        #: The cells after each epoch until now.
        self._cells: list[Mapping[str, CellGenotype]] = []

    def before_train(self, runner: Runner) -> None:
        """Drops the history that a resumed run will write again; says at once if alpha cannot decide."""
        self._begun = runner.epoch
        self._take_up(runner)

    @master_only
    def _take_up(self, runner: Runner) -> None:
        kept = trim_history(self._history(runner), runner.epoch, runner.logger)
        self._cells = [read_cells(line['genotype']) for line in kept]
        self._made_by = made_by(runner)
        self._warn_of_few_steps(runner)

    def after_train(self, runner: Runner) -> None:
        """Makes up for what a kill between the last checkpoint and the last validation has prevented."""
        if self._begun < runner.max_epochs or runner.epoch < runner.max_epochs:
            return
        self._record(runner, runner.epoch)
        if runner.val_loop is not None:
            runner.val_loop.run()

    def after_train_epoch(self, runner: Runner) -> None:
        """Derives, writes and logs the current architecture."""
        self._record(runner, runner.epoch + 1)

    @master_only
    def _record(self, runner: Runner, epoch: int) -> None:
        model = unwrap(runner.model)
        space, is_new = model.arch.space, len(self._cells) < epoch
        genotype = model.genotype()
        decision = genotype.meta['decision']
        # A hook may have gone back to an earlier epoch (EarlyStopHook).
        self._cells = self._cells[: epoch - 1]
        verdict = judge(genotype.cells, space, decision, self._cells, **self.limits)
        self._cells.append(genotype.cells)
        advice = dict(undecided=_TO_DECIDE, collapsed=model.against_collapse)
        reasons = [f'{reason}; {advice[name]}' for name, reason in verdict.reasons().items()]
        decision = {**decision, 'changed': verdict.changed, 'window': verdict.window, **self.limits}
        meta = dict(config_hash=settings_hash(runner.cfg.to_dict()), seed=runner.seed, epoch=epoch, **self._made_by)
        self._genotype = genotype.with_meta(**meta, decision=decision, warnings=reasons)
        self._write(runner)

        cell = next(iter(genotype.cells.values()))
        figures = dict(entropy=decision['entropy'], ratio=decision['ratio'], skips=cell.count(space.skip_op))
        record = dict(
            epoch=epoch,
            genotype=genotype.to_dict()['cells'],
            parameters={name: p.tolist() for name, p in model.arch.alpha().items()},
            **figures,
        )
        if is_new or epoch == runner.epoch + 1:
            append_record(self._history(runner), record)
        scalars = {f'arch/{name}': value for name, value in figures.items() if value is not None}
        runner.visualizer.add_scalars(scalars, step=epoch)
        said = f'alpha entropy {figures["entropy"]:.4f}, {figures["skips"]} skips'
        runner.logger.info(f'epoch {epoch}: {said}; {space.format(genotype)}')
        for reason in reasons:
            # A search begins undecided; its end should not be.
            if verdict.decided or epoch == runner.max_epochs:
                runner.logger.warning(f'epoch {epoch}: {reason}')

    @master_only
    def after_val_epoch(self, runner: Runner, metrics: Any = None) -> None:
        """Adds the score of the held-out images to the genotype: the first metric named ``.../score``."""
        score = next((value for name, value in (metrics or {}).items() if name.endswith('/score')), None)
        if score is not None and not math.isfinite(score):
            runner.logger.warning(
                f'epoch {runner.epoch}: the score of the held-out images is {score}, so it is left out'
            )
            score = None
        if score is not None and self._genotype is not None:
            self._genotype = self._genotype.with_meta(score=score)
            self._write(runner)

    def _warn_of_few_steps(self, runner: Runner) -> None:
        """Adam moves a parameter by its learning rate in a step, so a softmax can part two weights only so far."""
        arch = unwrap(runner.model).arch
        wrapper = getattr(runner, 'optim_wrapper', None)
        optimizer = wrapper['arch'].optimizer if isinstance(wrapper, BilevelOptimWrapper) else None
        if not isinstance(optimizer, torch.optim.Adam) or not arch.perturbable or arch.temperature is not None:
            return
        bilevel = bilevel_of(runner)
        epochs = runner.max_epochs - (bilevel.resting(runner.max_epochs) if bilevel else 0)
        steps, rate = epochs * len(runner.train_dataloader), optimizer.param_groups[0]['lr']
        reachable = math.exp(min(2 * rate * steps, 50))
        if reachable < self.limits['decided_ratio']:
            runner.logger.warning(
                f'this search cannot decide: in {steps} steps at optim_wrapper.arch.optimizer.lr={rate:g} one '
                f'operation of an edge can outweigh another at most {reachable:.3g} times, and '
                f'{self.limits["decided_ratio"]:g} would be a choice; {_TO_DECIDE}'
            )

    def _write(self, runner: Runner) -> None:
        self._genotype.save(Path(runner.work_dir, 'genotype.json'))

    @staticmethod
    def _history(runner: Runner) -> Path:
        return Path(runner.work_dir, 'arch_history.jsonl')
