"""Drawings of cells, with matplotlib alone."""

import os
import textwrap
from typing import Optional, Sequence, Union

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from ..spaces import CellGenotype, Genotype, state_names
from ..spaces.transnas101 import DOUBLING, HALVING
from ..utils.pictures import new_figure, save_figure

#: Okabe and Ito's colours, distinct in all common forms of colour blindness.
_COLOURS = {
    'skip': '#999999',
    'none': '#cccccc',
    'noise': '#D55E00',
    'max': '#E69F00',
    'avg': '#CC79A7',
    'sep': '#0072B2',
    'dil': '#009E73',
    'nor': '#56B4E9',
    'conv': '#56B4E9',
    'output': '#bbbbbb',
}
_OTHER = '#000000'
#: What is written above a drawing that should not be relied on.
WARNING = '#A63C00'

#: Shares of the way along an edge where its label may stand, the best first. Nearer to the source: the arrow heads at
#: the target stay free.
_PLACES = (0.42, 0.36, 0.48, 0.3, 0.54, 0.25, 0.6)

#: Left, bottom, right, top.
_Rectangle = tuple[float, float, float, float]


def draw_genotype(genotype: Genotype, path: Union[str, os.PathLike]) -> None:
    """Draws every cell of a genotype, data flowing from left to right.

    Edges are coloured by family of operation and labelled with its name. Of a genotype that a search
    has derived, an edge is as wide and dark as its operation is preferred to the next best, and what
    its ``meta`` warns of stands above the cells.

    Args:
        path: picture file; its suffix says the format (png, svg, pdf).

    Raises:
        ValueError: the suffix names no format that matplotlib writes, or the genotype has
            nothing to draw.
    """
    save_figure(genotype_figure(genotype), path)


def genotype_figure(genotype: Genotype) -> Figure:
    """The drawing of every cell of a genotype, one below the other; of its skeleton where it has no cell.

    Raises:
        ValueError: the genotype has neither cells nor a skeleton of modules.
    """
    if not genotype.cells:
        if 'modules' not in genotype.macro:
            raise ValueError(f'a genotype of space {genotype.space!r} has neither cells nor modules to draw')
        figure = new_figure(12, 1.8)
        _draw_skeleton(figure.subplots(), genotype.macro['modules'], genotype.macro['base_channels'])
        return figure
    figure = new_figure(12, 4.6 * len(genotype.cells))
    axes = figure.subplots(len(genotype.cells), 1, squeeze=False)[:, 0]
    decision = genotype.meta.get('decision') or {}
    for axis, (kind, cell) in zip(axes, genotype.cells.items()):
        _draw_cell(axis, kind, cell, (decision.get('ratios') or {}).get(kind))
    warnings = genotype.meta.get('warnings') or []
    if warnings:
        figure.suptitle('\n'.join(textwrap.fill(warning, 130) for warning in warnings), fontsize=10, color=WARNING)
    return figure


def _draw_cell(axis: Axes, kind: str, cell: CellGenotype, ratios: Optional[Sequence] = None) -> None:
    """A cell; ``ratios`` as :meth:`mmnas_mae.models.BaseArchitecture.ratios` gives them for it."""
    num_inputs = _num_inputs(cell)
    total = num_inputs + len(cell.nodes)
    positions = _layout(cell, num_inputs)
    names = state_names(num_inputs, len(cell.nodes))
    output = max(x for x, _ in positions) + 1.0, float(np.mean([positions[i][1] for i in cell.concat]))

    boxes = [
        _add_box(axis, centre, name, 'white' if name.startswith('node') else '#e8e8e8')
        for centre, name in zip([*positions, output], [*names, 'output'])
    ]
    ys = [y for _, y in positions]
    axis.set_xlim(-0.35, output[0] + 0.35)
    axis.set_ylim(min(ys) - 0.55, max(ys) + 0.55)
    labels: list[_Rectangle] = []
    for i, edges in enumerate(cell.nodes):
        for k, (op, source) in enumerate(edges):
            sure = 1.0 if ratios is None else _sureness(ratios[i][k])
            _draw_edge(axis, boxes[source], boxes[num_inputs + i], op, sure)
            labels.append(_label_edge(axis, positions[source], positions[num_inputs + i], op, labels))
    for i in cell.concat:
        _draw_edge(axis, boxes[i], boxes[-1], None)
    name = 'the' if kind == 'cell' else kind
    title = f'{name} cell: {cell.num_edges} edges, {total - num_inputs} nodes'
    axis.set_title(title, loc='left', fontsize=11)
    axis.axis('off')


def _draw_skeleton(axis: Axes, modules: str, channels: int) -> None:
    """The modules of TransNAS-Bench-101, each with its channels and its stride to the features of the stem."""
    stride, boxes = 1, []
    texts = ['input', 'stem']
    for number, digit in enumerate(modules, 1):
        channels *= 2 if digit in DOUBLING else 1
        stride *= 2 if digit in HALVING else 1
        texts.append(f'module {number}\n{channels} channels\nstride {stride}')
    for x, text in enumerate([*texts, 'output']):
        boxes.append(_add_box(axis, (x, 0.0), text, 'white' if text.startswith('module') else '#e8e8e8', (0.7, 0.5)))
    for source, target in zip(boxes, boxes[1:]):
        _draw_edge(axis, source, target, None)
    axis.set_xlim(-0.5, len(boxes) - 0.5)
    axis.set_ylim(-0.5, 0.5)
    axis.set_title(f'skeleton: {len(modules)} modules of two blocks', loc='left', fontsize=11)
    axis.axis('off')


def _add_box(
    axis: Axes, centre: tuple[float, float], text: str, colour: str, size: tuple[float, float] = (0.34, 0.28)
) -> FancyBboxPatch:
    """A box with text in it, over the arrows."""
    (x, y), (width, height) = centre, size
    box = FancyBboxPatch(
        (x - width / 2, y - height / 2),
        width,
        height,
        boxstyle='round,pad=0.02,rounding_size=0.08',
        facecolor=colour,
        edgecolor='black',
        zorder=3,
    )
    axis.text(x, y, text, ha='center', va='center', fontsize=9, zorder=4)
    return axis.add_patch(box)


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


def _sureness(ratio: Optional[float]) -> float:
    """From 0, where the next best operation is as good, to 1, where there is no other."""
    return 1.0 if ratio is None else max(0.0, 1 - 1 / ratio)


def _draw_edge(
    axis: Axes, source: FancyBboxPatch, target: FancyBboxPatch, op: Union[str, None], sure: float = 1.0
) -> None:
    """An arrow from box to box, ending at their rims; the less ``sure``, the thinner and paler."""
    colour = '#bbbbbb' if op is None else _colour(op)
    start, end = ((box.get_x() + box.get_width() / 2, box.get_y() + box.get_height() / 2) for box in (source, target))
    arrow = FancyArrowPatch(
        start,
        end,
        arrowstyle='-|>',
        mutation_scale=14,
        patchA=source,
        patchB=target,
        shrinkA=0,
        shrinkB=1,
        linewidth=1.0 if op is None else 0.6 + 1.6 * sure,
        alpha=None if op is None else 0.35 + 0.65 * sure,
        linestyle=':' if op in ('none', 'skip_connect') else '-',
        color=colour,
        zorder=1,
    )
    axis.add_patch(arrow)


def _label_edge(
    axis: Axes, start: tuple[float, float], end: tuple[float, float], op: str, others: Sequence[_Rectangle]
) -> _Rectangle:
    """Writes the operation on its edge, where no other label is; returns the place that it takes."""
    # One character of the font in units of the axis, which is 12 inches wide, and a line of it.
    width = 0.0065 * (axis.get_xlim()[1] - axis.get_xlim()[0]) * (len(op) + 1) / 2
    height = 0.06 * (axis.get_ylim()[1] - axis.get_ylim()[0]) / 2
    places = []
    for share in _PLACES:
        x, y = (s + share * (e - s) for s, e in zip(start, end))
        places.append((x - width, y - height, x + width, y + height))
    place = next((place for place in places if not any(_overlap(place, other) for other in others)), places[0])
    axis.text(
        (place[0] + place[2]) / 2,
        (place[1] + place[3]) / 2,
        op,
        ha='center',
        va='center',
        fontsize=8,
        zorder=2,
        bbox=dict(boxstyle='round,pad=0.15', facecolor='white', edgecolor=_colour(op), linewidth=0.8),
    )
    return place


def _overlap(one: _Rectangle, other: _Rectangle) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
