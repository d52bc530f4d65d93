"""Draws a genotype (no graphviz needed)."""

import argparse
import sys
from pathlib import Path

from mmnas_mae.report import draw_genotype
from mmnas_mae.spaces import load_genotype
from mmnas_mae.utils.command_line import add_import_argument, run_tool


@run_tool
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('genotype', help='genotype.json, a published name or the text of a genotype')
    parser.add_argument('--space', help='the space it must belong to (default: the one it names)')
    parser.add_argument('--out', help='picture file (default: beside the genotype, as .png)')
    add_import_argument(parser)
    args = parser.parse_args()
    genotype = load_genotype(args.genotype, args.space)
    path = Path(args.genotype)
    out = args.out or (path.with_suffix('.png') if path.is_file() else 'genotype.png')
    draw_genotype(genotype, out)
    for warning in genotype.meta.get('warnings') or ():
        print(f'warning: {warning}')
    print(out)


if __name__ == '__main__':
    sys.exit(main())
