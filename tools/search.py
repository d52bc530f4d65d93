"""Searches an architecture on a folder of images without labels, and writes its report.

What is not given is chosen by the images and the machine; each choice is said with its reason, and how long the search
will take. The work directory keeps the config that was run. The same command with --resume goes on.
"""

import argparse
import os
import shlex
import sys

from mmnas_mae.utils.command_line import add_import_argument, add_trust_argument, run_tool
from mmnas_mae.utils.options import OptionsAction


@run_tool
def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], epilog=' '.join(__doc__.split('\n', 2)[2].split())
    )
    parser.add_argument('folder', help='folder of images, searched through recursively, or Parquet files')
    parser.add_argument('--work-dir', help='folder for results (default: work_dirs/search_<name of the folder>)')
    parser.add_argument('--size', type=int, help='side of what the network sees, in pixels')
    parser.add_argument('--patch-size', type=int, help='side of a masked patch, in pixels')
    parser.add_argument('--batch-size', type=int, help='images of a step')
    parser.add_argument('--epochs', type=int, help='passes over the images')
    parser.add_argument('--workers', type=int, help='processes that read images, for each half of a step')
    parser.add_argument('--device', choices=['cpu', 'cuda'], help='default: a GPU where there is one')
    parser.add_argument('--hours', type=float, default=12, help='time to spend, without --epochs (default: 12)')
    parser.add_argument('--plan', action='store_true', help='only say what would be chosen and how long it would take')
    parser.add_argument('--resume', action='store_true', help='go on with the search in the work directory')
    parser.add_argument('--overwrite', action='store_true', help='remove an earlier search from the work directory')
    parser.add_argument(
        '--cfg-options', nargs='+', action=OptionsAction, help='settings that override the config, as key=value'
    )
    add_import_argument(parser)
    add_trust_argument(parser)
    args = parser.parse_args()
    if args.device == 'cpu':
        # MMEngine takes a GPU that it sees when it is imported.
        os.environ['CUDA_VISIBLE_DEVICES'] = ''
    run(args)


def run(args: argparse.Namespace) -> None:
    """Plans or searches; what that takes is imported when the command line has been read."""
    from mmnas_mae.planning.folder_search import search
    from mmnas_mae.planning.machine import look_at_machine
    from mmnas_mae.planning.search_plan import plan_search

    given = {name: getattr(args, name) for name in ('size', 'patch_size', 'batch_size', 'epochs', 'workers')}
    if args.plan:
        plan = plan_search(args.folder, look_at_machine(args.device), given, args.hours, args.cfg_options)
        print('\n'.join(plan.lines()))
        return
    kept = {
        name: getattr(args, name) for name in ('work_dir', 'device', 'hours', 'resume', 'overwrite', 'trust_checkpoint')
    }
    try:
        found = search(args.folder, **given, **kept, options=args.cfg_options)
    except KeyboardInterrupt:
        begin = sys.argv[0].split() if sys.argv[0].startswith('mmnas ') else ['python', sys.argv[0]]
        rest = [word for word in sys.argv[1:] if word not in ('--overwrite', '--resume')]
        sys.exit(f'\ninterrupted; to go on: {shlex.join([*begin, *rest, "--resume"])}')
    print(found.work_dir / 'genotype.json')
    print(found.report)


if __name__ == '__main__':
    sys.exit(main())
