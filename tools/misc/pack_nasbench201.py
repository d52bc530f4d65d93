"""Writes the table of NAS-Bench-201 that comes with the package, from the one with all digits."""

import argparse
import sys
from pathlib import Path

from mmnas_mae.benchmarks import get_benchmark, load_table
from mmnas_mae.benchmarks.nasbench201 import pack
from mmnas_mae.utils.command_line import run_tool


@run_tool
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('table', help='nb201.parquet')
    parser.add_argument('--out', help='the file (default: that of the package)')
    args = parser.parse_args()
    out = Path(args.out or get_benchmark('nasbench201').packed)
    pack(load_table('nasbench201', args.table), out)
    print(f'{out}: {out.stat().st_size:,} bytes')


if __name__ == '__main__':
    sys.exit(main())
