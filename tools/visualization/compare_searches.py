"""Compares searches: their convergence (Figure 4) and what they reconstruct of the same masked images (Figure 3)."""

import argparse
import sys
from pathlib import Path

from mmnas_mae.report.curves import heldout_curves, loss_curves, panel_figure
from mmnas_mae.report.reconstructions import compare_reconstructions, reconstructions_figure
from mmnas_mae.report.search_history import SearchHistory, read_search
from mmnas_mae.utils.checkpoints.safe import trusted_checkpoints
from mmnas_mae.utils.command_line import add_import_argument, add_trust_argument, run_tool, within
from mmnas_mae.utils.pictures import save_figure
from mmnas_mae.utils.ranges import COUNT


@run_tool
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('work_dirs', nargs='+', help='work directories of the searches')
    parser.add_argument('--labels', nargs='+', help='names of the searches, in this order (default: of the folders)')
    parser.add_argument('--curves', default='convergence.png', help='picture file of the curves')
    parser.add_argument('--reconstructions', help='picture file of the reconstructions; needs checkpoints')
    parser.add_argument(
        '--num-images', type=int, action=within(COUNT), default=8, help='columns of the reconstructions'
    )
    add_import_argument(parser)
    add_trust_argument(parser)
    args = parser.parse_args()
    with trusted_checkpoints(args.trust_checkpoint):
        compare(args)


def compare(args: argparse.Namespace) -> None:
    """Writes the pictures and prints the numbers at the ends of the curves.

    Raises:
        FileNotFoundError: a folder is no work directory of a search, or has no checkpoint.
        ValueError: labels are missing or repeat, or a search has logged no loss.
    """
    labels = args.labels or [Path(folder).resolve().name for folder in args.work_dirs]
    if len(labels) != len(args.work_dirs) or len(set(labels)) < len(labels):
        raise ValueError(f'--labels must name {len(args.work_dirs)} searches differently, got {labels}')
    searches = dict(zip(labels, map(read_search, args.work_dirs)))
    draw_convergence(searches, args.curves)
    print(args.curves)
    if args.reconstructions:
        found = compare_reconstructions(list(searches.values()), args.num_images)
        save_figure(reconstructions_figure(found, labels), args.reconstructions)
        losses = ', '.join(f'{label} {loss:.4f}' for label, loss in zip(labels, found.losses))
        print(f'{args.reconstructions}: masked L1 {losses}')


def draw_convergence(searches: dict[str, SearchHistory], out: str) -> None:
    """One panel for each loss and each held-out metric that any of the searches has."""
    panels: dict[tuple[str, str], dict] = {}
    for label, history in searches.items():
        losses = loss_curves(history)
        if not losses:
            raise ValueError(f'{history.folder} has logged no training loss')
        for name, series in losses.items():
            panels.setdefault((f'training loss of {name}', 'iteration'), {})[label] = series
            print(f'{label}: training loss of {name} {series[1][0]:.4f} at first, {series[1][-1]:.4f} at last')
        for name, series in heldout_curves(history).items():
            panels.setdefault((f'held-out images: {name}', 'epoch'), {})[label] = series
    save_figure(panel_figure([(*panel, curves) for panel, curves in panels.items()]), out)


if __name__ == '__main__':
    sys.exit(main())
