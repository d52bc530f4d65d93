"""Rank correlation of scores and true accuracies, beside that of the number of parameters; prints tables and JSON.

Scores architectures as tools/analysis/score_architectures.py does, or reads what it wrote: one --scores for each
protocol, followed by the files of its seeds. Coefficients of several seeds are averaged, protocols compared pairwise.
"""

import argparse
import json
import sys
from pathlib import Path

from mmnas_mae.scores.correlation_report import format_study, plain, plot_study
from mmnas_mae.scores.correlation_study import Protocol, study
from mmnas_mae.scores.scores_command import add_score_arguments, score_architectures
from mmnas_mae.scores.scores_file import read_scores
from mmnas_mae.utils.checkpoints.safe import trusted_checkpoints
from mmnas_mae.utils.command_line import add_import_argument, add_trust_argument, run_tool, within
from mmnas_mae.utils.ranges import COUNT, INDEX


@run_tool
def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], epilog=' '.join(__doc__.split('\n', 2)[2].split())
    )
    parser.add_argument('config', nargs='?', help='config of a search, unless --scores are given')
    parser.add_argument('checkpoint', nargs='?', help='its checkpoint; --scorer short needs none')
    add_score_arguments(parser)
    add_import_argument(parser)
    add_trust_argument(parser)
    parser.add_argument('--scores', nargs='+', action='append', help='files of scores, seeds of one protocol')
    parser.add_argument('--names', nargs='+', help='names of the protocols (default: their first files)')
    parser.add_argument('--truths', nargs='+', help='true values, columns of the scores')
    parser.add_argument(
        '--resamples', type=int, action=within(COUNT), default=2000, help='bootstrap resamples (default: 2000)'
    )
    parser.add_argument(
        '--resample-seed', type=int, action=within(INDEX), default=0, help='seed of the resamples (default: 0)'
    )
    parser.add_argument('--out', help='file of the new scores (default: work_dirs/correlation/<config>.parquet)')
    parser.add_argument('--plot', help='picture file (default: beside the first file of scores, .png)')
    args = parser.parse_args()
    with trusted_checkpoints(args.trust_checkpoint):
        correlate(args)


def correlate(args: argparse.Namespace) -> None:
    """Scores where needed, prints the study and draws it.

    Raises:
        ValueError: a setting is wrong.
        FileNotFoundError: a file does not exist.
    """
    if (args.config is None) == (args.scores is None):
        raise ValueError('either a config, whose architectures are scored, or --scores must be given')
    groups = args.scores
    if groups is None:
        args.out = args.out or str(Path('work_dirs', 'correlation', f'{Path(args.config).stem}.parquet'))
        score_architectures(args)
        groups = [[args.out]]
    names = args.names or [Path(files[0]).stem for files in groups]
    if len(names) != len(groups):
        raise ValueError(f'--names must name each of the {len(groups)} protocols, got {len(names)}')
    protocols = [Protocol(name, [read_scores(file) for file in files]) for name, files in zip(names, groups)]
    found = study(protocols, args.truths, args.resamples, args.resample_seed)
    plot = args.plot or str(Path(groups[0][0]).with_suffix('.png'))
    plot_study(protocols, found, plot)
    incomplete = [
        file
        for files, protocol in zip(groups, protocols)
        for file, scores in zip(files, protocol.seeds)
        if not scores.meta['complete']
    ]
    print(format_study(found) + f'\n\nplot: {plot}')
    if incomplete:
        print(f'incomplete, the command that wrote it goes on: {", ".join(incomplete)}')
    print(json.dumps(plain(dict(found, incomplete=incomplete))))


if __name__ == '__main__':
    sys.exit(main())
