"""Runs a study, a grid of searches over seeds, and writes its tables and pictures.

A study is a config of configs/analysis: rows, each a config with options, and seeds. Every run has its own folder,
work_dirs/study/<study>/<row>/seed_<seed>. With --minutes the command ends in time (what is under way writes a
checkpoint, within an epoch too) with exit status 75; called again it goes on, and 0 says that everything is finished.
study.json, study.md and the pictures show what there is at the end of every call, scores.json and scores.png how the
rows that score architectures rank them. Options take the form key=value, or
ROWS:key=value for the rows whose names match, as in 'hd-*:model.masking=sparse' or '!hd-*:train_cfg.max_epochs=5'.
"""

import argparse
import sys
from pathlib import Path

from mmnas_mae.engine.pause_hook import PAUSED
from mmnas_mae.studies.seeded_run import run_all
from mmnas_mae.studies.study import Study
from mmnas_mae.studies.study_pictures import draw_study
from mmnas_mae.studies.study_scores import compare_scores
from mmnas_mae.studies.study_table import format_study, read_study, study_summary
from mmnas_mae.utils.command_line import add_import_argument, import_flags, run_tool, within
from mmnas_mae.utils.ranges import COUNT, INDEX, POSITIVE
from mmnas_mae.utils.records import write_json, write_text

TOOLS = Path(__file__).resolve().parent


@run_tool
def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], epilog=' '.join(__doc__.split('\n', 2)[2].split())
    )
    parser.add_argument('config', help='config of a study')
    parser.add_argument('--preset', nargs='+', default=[], help='named sets of options of the config, in this order')
    parser.add_argument('--cfg-options', nargs='+', default=[], help='settings of all runs, as [ROWS:]key=value')
    parser.add_argument('--only', nargs='+', help='patterns of rows to run; those that they wait for run too')
    parser.add_argument(
        '--seeds', type=int, action=within(INDEX), nargs='+', help='seeds (default: those of the config)'
    )
    parser.add_argument(
        '--minutes', type=float, action=within(POSITIVE), help='time after which to stop (default: none)'
    )
    parser.add_argument('--jobs', type=int, action=within(COUNT), default=1, help='runs at a time (default: 1)')
    parser.add_argument(
        '--launch-prefix', default='', help='command in front of every run, such as that of a scheduler'
    )
    parser.add_argument('--work-dir', help='folder of all runs (default: work_dirs/study/<config>)')
    parser.add_argument('--aggregate-only', action='store_true', help='run nothing, sum up what there is')
    add_import_argument(parser)
    return study(parser.parse_args())


def study(args: argparse.Namespace) -> int:
    """Runs and sums up; returns the exit status.

    Raises:
        FileNotFoundError: a config does not exist.
        ValueError: an argument or the study is wrong.
    """
    study = Study(args.config)
    seeds = args.seeds or study.seeds
    folder = Path(args.work_dir or Path('work_dirs', 'study', study.name))
    if len(set(seeds)) < len(seeds):
        raise ValueError(f'--seeds must differ, got {seeds}')
    unknown = [name for name in args.preset if name not in study.presets]
    if unknown:
        raise ValueError(f'--preset must be of {", ".join(study.presets) or "none"}, got {unknown[0]!r}')
    wrong = [option for option in args.cfg_options if '=' not in option]
    if wrong:
        raise ValueError(f'--cfg-options must have the form [ROWS:]key=value, got {wrong[0]!r}')
    runs = []
    if not args.aggregate_only:
        # One layer each, since the last of the command line counts.
        given = [dict([option.split('=', 1)]) for option in args.cfg_options]
        for pattern in (key.rpartition(':')[0] for option in given for key in option):
            study.matching(pattern or '*')
        layers = [*(study.presets[name] for name in args.preset), *given]
        rows, flags = study.select(args.only), import_flags(args)
        runs = study.runs(TOOLS, folder, seeds, rows, layers, args.launch_prefix, flags)
        run_all(runs, args.jobs, None if args.minutes is None else 60 * args.minutes)
    found = read_study(folder, study.rows, seeds)
    summary = study_summary(study.title, study.rows, found, seeds)
    folder.mkdir(parents=True, exist_ok=True)
    text = format_study(summary, study.columns)
    scores = compare_scores(study.rows, found, study.truths, folder)
    text = text if scores is None else f'{text}\n{scores}'
    write_json(folder / 'study.json', summary, indent=2)
    write_text(folder / 'study.md', text)
    pictures = draw_study(study, found, folder)
    print(f'\n{text}\n{" ".join(map(str, [folder / "study.json", folder / "study.md", *pictures]))}')
    failed = [run.name for run in runs if run.failed]
    left = [run.name for run in runs if not run.state['finished']]
    if failed:
        print(f'failed: {"; ".join(failed)}')
    elif left:
        print(f'not finished: {len(left)} of {len(runs)} runs; the same command goes on')
    return 1 if failed else PAUSED if left else 0


if __name__ == '__main__':
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit('interrupted; the same command goes on')
