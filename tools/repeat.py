"""Runs a search with several seeds and sums up what the runs found.

The paper reports means of 3, 4 or 5 searches. Each seed has its own folder, work_dirs/repeat/<config>/seed_<seed>.
Called again, the same command skips runs that finished and goes on with those that were interrupted. Searches by
gradient run through tools/train.py, those of configs/discrete through tools/discrete_search.py; flags that are not
listed here go to that tool. --launch-prefix puts a scheduler in front of every run, such as "srun -p gpu --gres=gpu:1",
and --jobs says how many it gets at a time.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Sequence

from mmnas_mae.studies.repeats import STATE, format_summary, read_repeat, summarize
from mmnas_mae.studies.seeded_run import SeededRun, run_all
from mmnas_mae.utils.command_line import add_import_argument, import_flags, run_tool, within
from mmnas_mae.utils.ranges import COUNT, INDEX
from mmnas_mae.utils.records import write_json

TOOLS = Path(__file__).resolve().parent


@run_tool
def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], epilog=' '.join(__doc__.split('\n', 2)[2].split())
    )
    parser.add_argument('config', help='config of a search')
    parser.add_argument(
        '--seeds', type=int, action=within(INDEX), nargs='+', default=[0, 1, 2, 3], help='seeds (default: 0 1 2 3)'
    )
    parser.add_argument('--work-dir', help='folder of all runs (default: work_dirs/repeat/<config>)')
    parser.add_argument('--cfg-options', nargs='+', help='settings that override the config, as key=value')
    parser.add_argument('--jobs', type=int, action=within(COUNT), default=1, help='runs at a time (default: 1)')
    parser.add_argument('--launch-prefix', help='command in front of every run, such as that of a scheduler')
    parser.add_argument('--aggregate-only', action='store_true', help='run nothing, sum up what there is')
    parser.add_argument('--json', action='store_true', help='print the JSON only')
    add_import_argument(parser)
    args, extra = parser.parse_known_args()
    runs = prepare(args, [*import_flags(args), *extra])
    finished = True if args.aggregate_only else run_all(runs, args.jobs)
    repeats = [read_repeat(run.folder) for run in runs if (run.folder / STATE).is_file()]
    summary = summarize(repeats)
    write_json(runs[0].folder.parent / 'summary.json', summary, indent=2)
    if not args.json:
        print(format_summary(summary) + '\n')
    print(json.dumps(summary))
    return 0 if finished else 1


def prepare(args: argparse.Namespace, extra: Sequence[str]) -> list[SeededRun]:
    """One run for each seed.

    Raises:
        FileNotFoundError: there is no such config.
        ValueError: seeds repeat, or a folder belongs to other settings.
    """
    if len(set(args.seeds)) < len(args.seeds):
        raise ValueError(f'--seeds must differ, got {args.seeds}')
    root = Path(args.work_dir or Path('work_dirs', 'repeat', Path(args.config).stem))
    return [
        SeededRun(
            TOOLS, args.config, root / f'seed_{seed}', seed, args.cfg_options or [], extra, args.launch_prefix or ''
        )
        for seed in args.seeds
    ]


if __name__ == '__main__':
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit('interrupted; the same command goes on')
