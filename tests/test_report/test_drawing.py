"""Drawings of genotypes."""

import re
from collections import Counter
from itertools import combinations

import matplotlib.image
import pytest
from matplotlib.patches import FancyArrowPatch

from mmnas_mae.report import draw_genotype
from mmnas_mae.report.drawing import genotype_figure
from mmnas_mae.spaces import NASBENCH201_OPS, load_genotype, published

BENCH = '|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|nor_conv_3x3~2|'


def texts(path):
    """The words that stand in the picture."""
    return re.findall(r'<text[^>]*>([^<]*)</text>', path.read_text())


@pytest.mark.parametrize(
    'genotype',
    [
        published('DARTS_V2'),
        published('PC_DARTS_image'),
        published('SDARTS_c10_s4_pgd'),
        load_genotype(BENCH),
        load_genotype('64-41414-1_02_333'),
        load_genotype('02001|100110100001001010101'),
    ],
    ids=lambda genotype: genotype.space,
)
def test_every_edge_is_labelled_with_its_operation(genotype, tmp_path):
    path = tmp_path / 'genotype.svg'
    draw_genotype(genotype, path)
    words = texts(path)
    cells = genotype.cells.values()
    labels = Counter(op for cell in cells for node in cell.nodes for op, _ in node)
    # NAS-Bench-101 has its own vertex of that name.
    labels['output'] += len(cells)
    assert {word: words.count(word) for word in labels} == labels
    for kind, cell in genotype.cells.items():
        assert f'{"the" if kind == "cell" else kind} cell: {cell.num_edges} edges, {len(cell.nodes)} nodes' in words
    assert words.count('node 0') == len(genotype.cells)


def test_inputs_are_told_apart(tmp_path):
    draw_genotype(published('DARTS_V1'), tmp_path / 'darts.svg')
    assert {'input 1', 'input 2'} <= set(texts(tmp_path / 'darts.svg'))
    draw_genotype(load_genotype(BENCH), tmp_path / 'bench.svg')
    assert 'input' in texts(tmp_path / 'bench.svg')


def test_a_png_is_a_picture_with_colours(tmp_path):
    path = tmp_path / 'new' / 'folder' / 'genotype.png'
    draw_genotype(published('DARTS_V2'), path)
    pixels = matplotlib.image.imread(path)
    assert pixels.shape[0] > 800
    assert pixels.shape[1] > 1200
    # Neither blank nor full, and coloured where convolutions are
    assert 0.5 < (pixels[..., :3] > 0.99).all(-1).mean() < 0.99
    assert (pixels[..., 2] - pixels[..., 0] > 0.5).mean() > 1e-3
    # One cell is half as high.
    draw_genotype(load_genotype(BENCH), tmp_path / 'one.PNG')
    assert matplotlib.image.imread(tmp_path / 'one.PNG').shape[0] == pytest.approx(pixels.shape[0] / 2, abs=2)


@pytest.mark.parametrize('name', ['genotype.bmpx', 'genotype', 'genotype.'])
def test_other_suffixes_are_refused_with_what_may_be(name, tmp_path):
    with pytest.raises(ValueError, match=rf'{name}. must end in one of: .*pdf.*png.*svg') as error:
        draw_genotype(published('DARTS_V2'), tmp_path / 'folder' / name)
    assert '\n' not in str(error.value)
    assert not list(tmp_path.iterdir())


def test_a_skeleton_without_cells_is_drawn(tmp_path):
    """Digits of a module: 1 keeps everything, 2 doubles the channels, 3 halves the resolution, 4 does both."""
    path = tmp_path / 'macro.svg'
    draw_genotype(load_genotype('64-1234-basic'), path)
    words = texts(path)
    sizes = list(zip(words[words.index('module 1') + 1 :: 3], words[words.index('module 1') + 2 :: 3]))
    assert sizes[:4] == [
        ('64 channels', 'stride 1'),
        ('128 channels', 'stride 1'),
        ('128 channels', 'stride 2'),
        ('256 channels', 'stride 4'),
    ]


def test_labels_do_not_cover_each_other():
    """The two middle edges of a cell of NAS-Bench-201 cross where both labels would stand."""
    figure = genotype_figure(load_genotype(BENCH.replace('none~0', 'nor_conv_3x3~0')))
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts if text.get_text() in NASBENCH201_OPS]
    assert len(boxes) == 6
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))


def test_an_edge_is_as_wide_as_it_is_sure_and_warnings_are_written(tmp_path):
    """Of six edges, one has no other choice, one an even one, and four are twice as good as the next."""
    genotype = load_genotype(BENCH)
    ratios = [[None], [1.0, 2.0], [2.0, 2.0, 2.0]]
    found = genotype.with_meta(decision=dict(ratios=dict(cell=ratios)), warnings=['undecided: nothing is sure'])
    widths = {}
    for name, drawn in dict(plain=genotype, found=found).items():
        draw_genotype(drawn, tmp_path / f'{name}.svg')
        figure = genotype_figure(drawn)
        arrows = [patch for patch in figure.axes[0].patches if isinstance(patch, FancyArrowPatch)]
        widths[name] = [round(arrow.get_linewidth(), 3) for arrow in arrows[:6]]
    assert widths['plain'] == [2.2] * 6
    assert widths['found'] == [2.2, 0.6, 1.4, 1.4, 1.4, 1.4]
    assert 'undecided: nothing is sure' in (tmp_path / 'found.svg').read_text()
    assert 'undecided' not in (tmp_path / 'plain.svg').read_text()
