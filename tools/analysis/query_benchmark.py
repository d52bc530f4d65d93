"""Prints what the table of a benchmark knows of an architecture, as JSON."""

import argparse
import json
import math
import sys

from mmnas_mae.benchmarks import benchmark_names, load_table
from mmnas_mae.utils.command_line import add_import_argument, run_tool


@run_tool
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('benchmark', help=f'one of: {", ".join(benchmark_names())}, or one that --import brings')
    parser.add_argument(
        'arch', help='text of the architecture in quotes, or genotype.json; for nasbench101 also its hash'
    )
    parser.add_argument('--table', help='the table or the folder that holds it (default: MMNAS_DATA)')
    parser.add_argument('--dataset', help='only this data set')
    parser.add_argument('--metric', help='only this metric')
    add_import_argument(parser)
    args = parser.parse_args()
    table = load_table(args.benchmark, args.table)
    kept = table.select(args.dataset and [args.dataset], args.metric and [args.metric])
    row = table.row(args.arch)
    dropped = {column for pair, column in table.columns.items() if pair not in kept}
    # NaN is no JSON.
    row = {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in row.items()}
    print(json.dumps({name: value for name, value in row.items() if name not in dropped}))


if __name__ == '__main__':
    sys.exit(main())
