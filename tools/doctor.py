"""Says which versions, operators and GPUs are there, and what each missing part would give."""

import argparse
import sys

from mmnas_mae.cli.doctor import examine, missing_needs
from mmnas_mae.utils.command_line import run_tool


@run_tool
def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog='Exit status 1: a part is missing without which nothing works.'
    )
    parser.parse_args()
    for name, found, remark in examine():
        print(f'{name:<18} {found:<24} {remark}')
    if needs := missing_needs():
        print(f'\nnothing works without: pip install {" ".join(needs)}')
    return int(bool(needs))


if __name__ == '__main__':
    sys.exit(main())
