"""Runs a discrete search: random search, evolution or selection, over any space with any scorer.

A config names ``space``, ``search``, ``scorer`` and ``randomness.seed``; ``run`` says which trained search a scorer
works on, ``truth`` which benchmark knows the true accuracy. Run again in the same work directory, an interrupted search
goes on where it stopped. With --budget only what keeps within it is looked for; with --pareto one call gives the front
of score against cost.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Optional

from mmengine.config import Config

from mmnas_mae.apis.network_flags import add_budget_arguments, budget_options
from mmnas_mae.benchmarks.load import load_table
from mmnas_mae.benchmarks.table import BenchmarkTable
from mmnas_mae.discrete import SearchRun, run_discrete_search, search_front, write_front
from mmnas_mae.spaces import SearchSpace, get_space
from mmnas_mae.utils.checkpoints.safe import trusted_checkpoints
from mmnas_mae.utils.command_line import add_import_argument, add_trust_argument, run_tool, within
from mmnas_mae.utils.config import read_config
from mmnas_mae.utils.options import OptionsAction
from mmnas_mae.utils.ranges import COUNT, INDEX
from mmnas_mae.utils.records import write_json


@run_tool
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('config', help='config of a discrete search')
    parser.add_argument('--work-dir', help='folder for the results (default: work_dirs/<config>/seed_<seed>)')
    parser.add_argument(
        '--seed', type=int, action=within(INDEX), help='seed of all draws (default: randomness.seed of the config)'
    )
    parser.add_argument('--checkpoint', help='checkpoint of the trained search that the scorer works on')
    parser.add_argument('--initial', help='weights before that search, for the angle')
    add_budget_arguments(parser, 'what is found')
    parser.add_argument('--cfg-options', nargs='+', action=OptionsAction, help='settings that override the config')
    parser.add_argument(
        '--pareto',
        type=int,
        action=within(COUNT),
        nargs='?',
        const=8,
        metavar='NUMBER',
        help='search under so many budgets (default: 8) and write the front of score against cost',
    )
    parser.add_argument('--cost', choices=['macs', 'params'], default='macs', help='that of --pareto (default: macs)')
    add_import_argument(parser)
    add_trust_argument(parser)
    args = parser.parse_args()
    with trusted_checkpoints(args.trust_checkpoint):
        print(json.dumps(search(args), indent=2))


def search(args: argparse.Namespace) -> dict[str, Any]:
    """Runs the search and writes ``evaluations.jsonl``, ``curve.csv``, ``genotype.json`` and ``result.json``.

    With ``--pareto`` there are ``front.csv``, ``front.md``, ``front.png`` and a folder for each budget instead.

    Raises:
        FileNotFoundError: the config, a checkpoint or a table does not exist.
        ValueError: a setting is wrong.
    """
    cfg = read_config(args.config, {**budget_options(args), **(args.cfg_options or {})})
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
    if args.pareto is not None:
        return front(args, cfg, space, seed, folder, dict(space=cfg.space, run=run_cfg), run, table)
    log, settings = folder / 'evaluations.jsonl', dict(space=cfg.space, run=run_cfg)
    found = run_discrete_search(cfg.search, cfg.scorer, space, seed, log, settings, run, table, cfg.get('budget'))
    found.genotype.save(folder / 'genotype.json')
    found.write_curve(folder / 'curve.csv')
    result = found.result()
    write_json(folder / 'result.json', result, indent=2)
    return result


def front(
    args: argparse.Namespace,
    cfg: Config,
    space: SearchSpace,
    seed: int,
    folder: Path,
    settings: dict[str, Any],
    run: Optional[SearchRun],
    table: Optional[BenchmarkTable],
) -> dict[str, Any]:
    """The search under many budgets.

    Raises:
        ValueError: a limit is given, which the front has of its own.
    """
    budget = dict(cfg.get('budget') or {})
    at = budget.pop('at', None)
    if budget:
        raise ValueError(f'--pareto chooses the budgets itself; leave out {", ".join(budget)} (--shape stays)')
    points = search_front(cfg.search, cfg.scorer, space, seed, folder, args.pareto, args.cost, at, settings, run)
    return dict(front=write_front(points, folder, args.cost, table))


if __name__ == '__main__':
    sys.exit(main())
