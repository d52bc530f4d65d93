"""Writes the report of a search: one HTML page with everything in it, readable without a network."""

import argparse
import sys

from mmnas_mae.report.report import write_report
from mmnas_mae.utils.command_line import add_import_argument, run_tool


@run_tool
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('work_dir', help='work directory of a search of any kind')
    parser.add_argument('--out', help='the page (default: report.html in the work directory)')
    add_import_argument(parser)
    args = parser.parse_args()
    print(write_report(args.work_dir, args.out))


if __name__ == '__main__':
    sys.exit(main())
