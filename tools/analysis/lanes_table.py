"""Tables of searches side by side: what they found, what alpha and weights rank, and their finds within limits."""

import argparse

from mmnas_mae.studies.lanes import Landscape, format_lanes, read_lanes
from mmnas_mae.utils.command_line import run_tool


@run_tool
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('records', help='what tools/analysis/search_lanes.py has written')
    args = parser.parse_args()
    print(format_lanes(read_lanes(args.records), Landscape()))


if __name__ == '__main__':
    main()
