"""Scores architectures of a benchmark and writes the scores beside their true values, as Parquet.

The architectures are a seeded sample of the table; a larger --num with the same --arch-seed adds to it. Every score is
kept at once in OUT.jsonl, so that the same command goes on where it was interrupted or where --minutes ended it.
"""

import argparse
import sys

from mmnas_mae.scores.scores_command import add_score_arguments, score_architectures


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], epilog=' '.join(__doc__.split('\n', 2)[2].split())
    )
    add_score_arguments(parser)
    parser.add_argument('config', help='config of a search')
    parser.add_argument('checkpoint', nargs='?', help='its checkpoint; --scorer short needs none')
    parser.add_argument('--out', default='scores.parquet', help='file of the scores (default: scores.parquet)')
    args = parser.parse_args()
    try:
        score_architectures(args)
    except (ValueError, FileNotFoundError, ModuleNotFoundError, RuntimeError) as error:
        sys.exit(f'error: {error}')


if __name__ == '__main__':
    sys.exit(main())
