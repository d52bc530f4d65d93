"""Scoring architectures from the command line, what tools/analysis share."""

import argparse
import inspect
import sys
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any, Mapping

import torch
from mmengine.config import Config
from mmengine.utils import ProgressBar

from ..benchmarks.load import load_table
from ..benchmarks.table import BenchmarkTable
from ..discrete import Evaluator, SearchRun, build_scorer
from ..discrete.map_evaluations import WORKERS, map_evaluations, ray_cluster
from ..discrete.run import scorer_class
from ..spaces import Genotype
from ..utils.command_line import within
from ..utils.config import read_config
from ..utils.options import OptionsAction
from ..utils.ranges import COUNT, INDEX, NOT_NEGATIVE
from ..utils.records import digest, settings_hash
from .scores import evaluate_within, sample_architectures, score_columns, trivial_losses
from .scores_file import write_scores

#: Short names of scorers.
SCORERS = dict(inherited='InheritedScorer', short='ShortTrainingScorer', table='TableScorer')


def add_score_arguments(parser: argparse.ArgumentParser) -> None:
    """What is scored, and how."""
    parser.add_argument('--benchmark', default='nasbench201', help='whose architectures (default: nasbench201)')
    parser.add_argument('--table', help='its table or a folder with it (default: MMNAS_DATA)')
    parser.add_argument(
        '--num', type=int, action=within(COUNT), default=300, help='number of architectures (default: 300)'
    )
    parser.add_argument(
        '--arch-seed', type=int, action=within(INDEX), default=0, help='seed of the sample (default: 0)'
    )
    parser.add_argument('--connected-only', action='store_true', help='sample only cells that pass on their input')
    parser.add_argument(
        '--seed', type=int, action=within(INDEX), default=0, help='seed of stand-alone trainings (default: 0)'
    )
    parser.add_argument('--scorer', default='inherited', help=f'{", ".join(SCORERS)} or a registered scorer')
    parser.add_argument('--scorer-options', nargs='+', action=OptionsAction, default={}, help='settings, as key=value')
    parser.add_argument(
        '--heldout',
        type=int,
        action=within(INDEX),
        default=512,
        help='images of val_dataloader to score on (default: 512)',
    )
    parser.add_argument(
        '--train', type=int, action=within(INDEX), default=0, help='images of train_dataloader, for scorers that train'
    )
    parser.add_argument(
        '--minutes', type=float, action=within(NOT_NEGATIVE), help='start no scoring but the first after this time'
    )
    parser.add_argument('--workers', choices=WORKERS, default='sequential', help='where scores are computed')
    parser.add_argument(
        '--num-workers',
        type=int,
        action=within(COUNT),
        default=2,
        help='at the same time, but for sequential (default: 2)',
    )
    parser.add_argument('--cfg-options', nargs='+', action=OptionsAction, default={}, help='override the config')


def score_architectures(args: argparse.Namespace) -> bool:
    """Scores, and writes ``args.out``; returns whether all architectures are done.

    Every score is kept at once in a file of lines beside ``args.out``.

    Args:
        args: of :func:`add_score_arguments`, with ``out``.

    Raises:
        FileNotFoundError: the config, its checkpoint or the table does not exist.
        ValueError: a setting is wrong, or ``args.out`` belongs to other settings.
    """
    cfg = read_config(args.config, args.cfg_options)
    table = load_table(args.benchmark, args.table)
    genotypes = sample_architectures(table, args.num, args.arch_seed, args.connected_only)
    scorer = _scorer_config(args, table)
    run = _build_run(args) if scorer_class(scorer['type']).needs_run else None
    if run is not None:
        table.check_space(run.space.name)
    out, meta = Path(args.out), _settings(cfg, args, table, scorer)
    evaluate = Evaluator(table.spaces[0], build_scorer(scorer, run), out.with_suffix('.jsonl'), meta)
    complete = _evaluate(args, evaluate, genotypes)
    losses = {} if run is None else trivial_losses(run, evaluate.scorer.score)
    meta.update(num=args.num, scored=len(evaluate.history), complete=complete, trivial_losses=losses)
    write_scores(out, score_columns(evaluate.history, table), dict(meta, checkpoint=args.checkpoint))
    if complete:
        print(f'{out}: all {args.num} architectures')
    else:
        print(f'{out}: incomplete, {len(evaluate.history)} of {args.num} architectures; the same command goes on')
    if losses:
        print('loss without a network: ' + ', '.join(f'{name} {loss:.4f}' for name, loss in losses.items()))
    return complete


def _scorer_config(args: argparse.Namespace, table: BenchmarkTable) -> dict[str, Any]:
    """The scorer's config with the seed, or the table, that it takes."""
    name = f'mmnas_mae.{SCORERS[args.scorer]}' if args.scorer in SCORERS else args.scorer
    takes = inspect.signature(scorer_class(name)).parameters
    given = dict(seed=args.seed, benchmark=table.name, table=args.table)
    return dict(type=name, **{key: value for key, value in given.items() if key in takes}) | args.scorer_options


def _build_run(args: argparse.Namespace) -> SearchRun:
    torch.manual_seed(args.seed)
    return SearchRun.from_config(
        args.config, args.checkpoint, heldout=args.heldout, train=args.train, cfg_options=args.cfg_options
    )


def _settings(
    cfg: Config, args: argparse.Namespace, table: BenchmarkTable, scorer: Mapping[str, Any]
) -> dict[str, Any]:
    """All that a score depends on; a checkpoint counts by its content."""
    kept = {key: cfg.get(key) for key in ('model', 'data_preprocessor', 'train_dataloader', 'val_dataloader')}
    names = ('cfg_options', 'seed', 'arch_seed', 'connected_only', 'heldout', 'train')
    return dict(
        benchmark=table.name,
        config=Path(args.config).name,
        config_digest=settings_hash(kept),
        checkpoint_digest=None if args.checkpoint is None else digest(Path(args.checkpoint).read_bytes()),
        scorer=dict(scorer),
        **{name: getattr(args, name) for name in names},
    )


def _evaluate(args: argparse.Namespace, evaluate: Evaluator, genotypes: list[Genotype]) -> bool:
    """Scores with a progress bar over those that the file does not hold."""
    before = min(evaluate.recorded, len(genotypes))
    print(f'{before} of {len(genotypes)} architectures were scored before', file=sys.stderr)
    bar = ProgressBar(len(genotypes) - before, file=sys.stderr) if before < len(genotypes) else None

    def progress(done: int) -> None:
        if bar is not None and done > before:
            bar.update(done - before - bar.completed)

    seconds = None if args.minutes is None else 60 * args.minutes
    map_fn = partial(map_evaluations, workers=args.workers, num_workers=args.num_workers)
    with ray_cluster(cpus=args.num_workers) if args.workers == 'ray' else nullcontext():
        at_once = 1 if args.workers == 'sequential' else args.num_workers
        complete = evaluate_within(evaluate, genotypes, map_fn, at_once, seconds, progress)
    print(file=sys.stderr)
    return complete
