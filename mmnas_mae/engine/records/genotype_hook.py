"""What the search has found so far, on disk and in the log."""

from pathlib import Path
from typing import Any, Optional

from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ...registry import HOOKS
from ...spaces import Genotype
from ...utils.records import append_record, settings_hash, trim_history
from ...utils.unwrap import unwrap


@HOOKS.register_module()
class GenotypeHook(Hook):
    """Writes the genotype after each epoch and watches for collapse.

    Files in the work directory: ``genotype.json``, the current architecture, and
    ``arch_history.jsonl``, one line an epoch with genotype, architecture parameters,
    entropy and skips.
    Scalars: ``arch/entropy`` (mean over edges, 1 = undecided) and ``arch/skips``, the
    skip connections in the first cell type of the space, where DARTS collapses.

    Args:
        collapse_ratio: warns when more than this share of the edges of that cell are
            skip connections.
        undecided: entropy above which alpha is taken to be undecided still, so that
            the skips of an almost random genotype raise no warning.
    """

    priority = 'BELOW_NORMAL'

    def __init__(self, collapse_ratio: float = 0.5, undecided: float = 0.99) -> None:
        if not 0 < collapse_ratio <= 1:
            raise ValueError(f'GenotypeHook.collapse_ratio must lie in (0, 1], got {collapse_ratio}')
        self.collapse_ratio = collapse_ratio
        self.undecided = undecided
        self._genotype: Optional[Genotype] = None

    @master_only
    def before_train(self, runner: Runner) -> None:
        """Drops the history that a resumed run will write again."""
        trim_history(self._history(runner), runner.epoch, runner.logger)

    @master_only
    def after_train_epoch(self, runner: Runner) -> None:
        """Derives, writes and logs the current architecture."""
        model = unwrap(runner.model)
        epoch = runner.epoch + 1
        genotype = model.genotype()
        digest = settings_hash(runner.cfg.to_dict())
        self._genotype = genotype.with_meta(config_hash=digest, seed=runner.seed, epoch=epoch)
        self._write(runner)

        entropy, space = model.arch.entropy(), model.arch.space
        kind = next(iter(genotype.cells))
        cell = genotype.cells[kind]
        skips = cell.count(space.skip_op)
        record = dict(
            epoch=epoch,
            genotype=genotype.to_dict()['cells'],
            parameters={name: p.tolist() for name, p in model.arch.alpha().items()},
            entropy=entropy,
            skips=skips,
        )
        append_record(self._history(runner), record)
        runner.visualizer.add_scalars({'arch/entropy': entropy, 'arch/skips': skips}, step=epoch)
        runner.logger.info(f'epoch {epoch}: alpha entropy {entropy:.4f}, {skips} skips; {space.format(genotype)}')
        if skips > self.collapse_ratio * cell.num_edges and entropy <= self.undecided:
            runner.logger.warning(
                f'the search may be collapsing: {skips} of {cell.num_edges} edges of the {kind} cell are skip '
                'connections (a larger mask ratio or the hierarchical decoder counteract this)'
            )

    @master_only
    def after_val_epoch(self, runner: Runner, metrics: Any = None) -> None:
        """Adds the score of the held-out images to the genotype: the first metric named ``.../score``."""
        score = next((value for name, value in (metrics or {}).items() if name.endswith('/score')), None)
        if score is not None and self._genotype is not None:
            self._genotype = self._genotype.with_meta(score=score)
            self._write(runner)

    def _write(self, runner: Runner) -> None:
        self._genotype.save(Path(runner.work_dir, 'genotype.json'))

    @staticmethod
    def _history(runner: Runner) -> Path:
        return Path(runner.work_dir, 'arch_history.jsonl')
