"""Scores architectures of a benchmark and writes the scores beside their true values, as Parquet.

The architectures are a seeded sample of the table; a larger --num with the same --arch-seed adds to it. Every score is
kept at once in OUT.jsonl, so that the same command goes on where it was interrupted or where --minutes ended it.
"""

import argparse
import sys

from mmnas_mae.scores.scores_command import add_score_arguments, score_architectures
from mmnas_mae.utils.checkpoints.safe import trusted_checkpoints
from mmnas_mae.utils.command_line import add_import_argument, add_trust_argument, run_tool


@run_tool
def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], epilog=' '.join(__doc__.split('\n', 2)[2].split())
    )
    add_score_arguments(parser)
    add_import_argument(parser)
    add_trust_argument(parser)
    parser.add_argument('config', help='config of a search')
    parser.add_argument('checkpoint', nargs='?', help='its checkpoint; --scorer short needs none')
    parser.add_argument('--out', default='scores.parquet', help='file of the scores (default: scores.parquet)')
    args = parser.parse_args()
    with trusted_checkpoints(args.trust_checkpoint):
        score_architectures(args)


if __name__ == '__main__':
    sys.exit(main())
