"""Drawings of cells, with matplotlib alone."""

import os
from typing import Union

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from ..spaces import CellGenotype, Genotype

#: Okabe and Ito's colours, distinct in all common forms of colour blindness.
_COLOURS = {
    'skip': '#999999',
    'none': '#cccccc',
    'noise': '#CC79A7',
    'max': '#E69F00',
    'avg': '#F0E442',
    'sep': '#0072B2',
    'dil': '#009E73',
    'nor': '#56B4E9',
    'conv': '#56B4E9',
    'output': '#bbbbbb',
}
_OTHER = '#D55E00'


def draw_genotype(genotype: Genotype, path: Union[str, os.PathLike]) -> None:
    """Draws every cell of a genotype, data flowing from left to right.

    Edges are coloured by family of operation and labelled with its name.

    Args:
        path: picture file; its suffix says the format (png, svg, pdf).

    Raises:
        ValueError: the suffix names no format that matplotlib writes, or the genotype has
            no cell to draw (the macro space of TransNAS-Bench-101).
    """
    if not genotype.cells:
        raise ValueError(f'a genotype of space {genotype.space!r} has no cell to draw')
    figure = Figure(figsize=(12, 4.6 * len(genotype.cells)), layout='constrained')
    formats = figure.canvas.get_supported_filetypes()
    suffix = os.path.splitext(os.fspath(path))[1].lstrip('.').lower()
    if suffix not in formats:
        raise ValueError(f'picture {os.fspath(path)!r} must end in one of: {", ".join(sorted(formats))}')
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    axes = figure.subplots(len(genotype.cells), 1, squeeze=False)[:, 0]
    for axis, (kind, cell) in zip(axes, genotype.cells.items()):
        _draw_cell(axis, kind, cell)
    with matplotlib.rc_context({'svg.hashsalt': 'genotype', 'svg.fonttype': 'none'}):
        figure.savefig(path, dpi=130)


def _draw_cell(axis: 'matplotlib.axes.Axes', kind: str, cell: CellGenotype) -> None:
    num_inputs = _num_inputs(cell)
    total = num_inputs + len(cell.nodes)
    positions = _layout(cell, num_inputs)
    names = [f'input {i + 1}' for i in range(num_inputs)] if num_inputs > 1 else ['input']
    names += [f'node {i}' for i in range(len(cell.nodes))]
    output = max(x for x, _ in positions) + 1.0, float(np.mean([positions[i][1] for i in cell.concat]))

    for i, edges in enumerate(cell.nodes):
        for op, source in edges:
            _draw_edge(axis, positions[source], positions[num_inputs + i], op)
    for i in cell.concat:
        _draw_edge(axis, positions[i], output, None)
    for (x, y), name in zip([*positions, output], [*names, 'output']):
        is_node = name.startswith('node')
        box = FancyBboxPatch(
            (x - 0.17, y - 0.14),
            0.34,
            0.28,
            boxstyle='round,pad=0.02,rounding_size=0.08',
            facecolor='white' if is_node else '#e8e8e8',
            edgecolor='black',
            zorder=3,
        )
        axis.add_patch(box)
        axis.text(x, y, name, ha='center', va='center', fontsize=9, zorder=4)
    ys = [y for _, y in positions]
    axis.set_xlim(-0.35, output[0] + 0.35)
    axis.set_ylim(min(ys) - 0.55, max(ys) + 0.55)
    name = 'the' if kind == 'cell' else kind
    title = f'{name} cell: {cell.num_edges} edges, {total - num_inputs} nodes'
    axis.set_title(title, loc='left', fontsize=11)
    axis.axis('off')


def _colour(op: str) -> str:
    """The colour of the first family that the name begins with."""
    return next((colour for family, colour in _COLOURS.items() if op.startswith(family)), _OTHER)


def _num_inputs(cell: CellGenotype) -> int:
    """The first node follows the last input, and no node reads itself or a later one."""
    lowest = max((source - i for i, edges in enumerate(cell.nodes) for _, source in edges), default=0)
    last = max(cell.concat) - len(cell.nodes)
    return max(lowest, last, 0) + 1


def _layout(cell: CellGenotype, num_inputs: int) -> list[tuple[float, float]]:
    """(x, y) of each state: inputs at the left, each node one column further.

    The rows are such that no edge of a cell of up to four nodes runs through a third node.
    """
    middle = (num_inputs - 1) / 2
    positions = [(0.0, 1.5 * (middle - i)) for i in range(num_inputs)]
    heights = (1.7, -1.7, 0.75, -0.75, 0.0)
    positions += [(1.0 + i, heights[i % len(heights)]) for i in range(len(cell.nodes))]
    return positions


def _draw_edge(
    axis: 'matplotlib.axes.Axes', start: tuple[float, float], end: tuple[float, float], op: Union[str, None]
) -> None:
    colour = '#bbbbbb' if op is None else _colour(op)
    arrow = FancyArrowPatch(
        start,
        end,
        arrowstyle='-|>',
        mutation_scale=14,
        shrinkA=16,
        shrinkB=20,
        linewidth=1.0 if op is None else 1.8,
        linestyle=':' if op in ('none', 'skip_connect') else '-',
        color=colour,
        zorder=1,
    )
    axis.add_patch(arrow)
    if op is not None:
        # Nearer to the source: the arrow heads at the target stay free.
        x, y = (s + 0.42 * (e - s) for s, e in zip(start, end))
        axis.text(
            x,
            y,
            op,
            ha='center',
            va='center',
            fontsize=8,
            zorder=2,
            bbox=dict(boxstyle='round,pad=0.15', facecolor='white', edgecolor=colour, linewidth=0.8),
        )
