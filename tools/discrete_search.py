"""Runs a discrete search: random search, evolution or selection, over any space with any scorer.

A config names ``space``, ``search``, ``scorer`` and ``randomness.seed``; ``run`` says which trained search a scorer
works on, ``truth`` which benchmark knows the true accuracy. Run again in the same work directory, an interrupted search
goes on where it stopped.
"""

import argparse
import csv
import json
import sys
from pathlib import Path
from typing import Any, Optional

from mmengine.config import Config, DictAction

from mmnas_mae.benchmarks.load import load_table
from mmnas_mae.benchmarks.table import BenchmarkTable
from mmnas_mae.discrete import Evaluation, Evaluator, SearchRun, build_scorer, run_discrete_search
from mmnas_mae.models import found_on
from mmnas_mae.spaces import get_space


def true_values(table: Optional[BenchmarkTable], found: Evaluation) -> Optional[dict[str, float]]:
    """What a table knows of an architecture after full training; None without a table or entry."""
    entry = None if table is None else table.find(found.genotype)
    return None if entry is None else {f'{d}_{m}': float(table.value(entry, d, m)) for d, m in table.headline}


def write_curve(path: Path, evaluate: Evaluator, table: Optional[BenchmarkTable]) -> None:
    """One row for each evaluation: its score, the best until then, and the true accuracy of that best."""
    names = [] if table is None else [f'{d}_{m}' for d, m in table.headline]
    with path.open('w', newline='') as file:
        writer = csv.writer(file)
        writer.writerow(['evaluations', 'score', 'best_score', *(f'best_{name}' for name in names), 'best_arch'])
        known: dict[str, dict] = {}
        for number, (own, best) in enumerate(zip(evaluate.history, evaluate.best_so_far()), 1):
            if best.arch not in known:
                known[best.arch] = true_values(table, best) or {}
            true = [known[best.arch].get(name) for name in names]
            writer.writerow([number, own.score, best.score, *true, best.arch])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('config', help='config of a discrete search')
    parser.add_argument('--work-dir', help='folder for the results (default: work_dirs/<config>/seed_<seed>)')
    parser.add_argument('--seed', type=int, help='seed of all draws (default: randomness.seed of the config)')
    parser.add_argument('--checkpoint', help='checkpoint of the trained search that the scorer works on')
    parser.add_argument('--initial', help='weights before that search, for the angle')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, help='settings that override the config')
    args = parser.parse_args()
    try:
        result = search(args)
    except (ValueError, FileNotFoundError, ModuleNotFoundError) as error:
        sys.exit(f'error: {error}')
    print(json.dumps(result, indent=2))


def search(args: argparse.Namespace) -> dict[str, Any]:
    """Runs the search and writes ``evaluations.jsonl``, ``curve.csv``, ``genotype.json`` and ``result.json``.

    Raises:
        FileNotFoundError: the config, a checkpoint or a table does not exist.
        ValueError: a setting is wrong.
    """
    if not Path(args.config).is_file():
        raise FileNotFoundError(f'config {args.config!r} does not exist')
    cfg = Config.fromfile(args.config)
    cfg.merge_from_dict(args.cfg_options or {})
    for name in ('space', 'search', 'scorer'):
        if name not in cfg:
            raise ValueError(f'config {args.config!r} has no {name}; a discrete search needs space, search and scorer')
    seed = cfg.get('randomness', {}).get('seed') if args.seed is None else args.seed
    if seed is None:
        raise ValueError('the seed must be given: --seed, or randomness.seed in the config')
    folder = Path(args.work_dir or Path('work_dirs', Path(args.config).stem, f'seed_{seed}'))

    run_cfg = dict(cfg.get('run') or {})
    run_cfg.update({k: v for k, v in dict(checkpoint=args.checkpoint, initial=args.initial).items() if v is not None})
    run = SearchRun.from_config(**run_cfg) if run_cfg.get('config') else None
    space = get_space(cfg.space if isinstance(cfg.space, str) else dict(cfg.space))
    table = load_table(**cfg.truth) if cfg.get('truth') else None
    settings = dict(space=cfg.space, search=cfg.search, scorer=cfg.scorer, run=run_cfg, seed=seed)
    evaluate = Evaluator(space, build_scorer(cfg.scorer, run), folder / 'evaluations.jsonl', settings)
    best = run_discrete_search(cfg.search, space, evaluate, seed, run)

    write_curve(folder / 'curve.csv', evaluate, table)
    meta = dict(seed=seed, score=best.score, selected_by=cfg.search.type)
    found = best.genotype if run is None else found_on(best.genotype, run.model.backbone)
    found.with_meta(meta).save(folder / 'genotype.json')
    result = dict(
        arch=best.arch,
        score=best.score,
        found_at=best.number + 1,
        evaluations=len(evaluate.history),
        architectures=len({evaluation.arch for evaluation in evaluate.history}),
        seconds=round(sum(evaluation.seconds for evaluation in evaluate.history), 3),
        seed=seed,
        values=true_values(table, best),
    )
    (folder / 'result.json').write_text(json.dumps(result, indent=2) + '\n')
    return result


if __name__ == '__main__':
    sys.exit(main())
