"""What an architecture costs as the network that it is used as."""

import pytest

from mmnas_mae.costs.standalone import standalone_cost
from mmnas_mae.spaces import Genotype, get_space, published


def test_a_cell_of_darts_costs_what_its_paper_says():
    """Table 1 of the paper: DARTS_V2 has 3.3 M parameters."""
    cost = standalone_cost(published('DARTS_V2'))
    assert cost.complexity.params == 3_349_342
    assert cost.complexity.macs == pytest.approx(528.4e6, abs=0.05e6)
    assert cost.network == '20 cells of 36 channels, images of 32 pixels'


def test_a_cell_found_with_the_stem_for_imagenet_is_counted_there():
    found = published('DARTS_V2')
    genotype = Genotype('darts_s0', found.cells, skeleton='darts', search=dict(stem='imagenet'))
    cost = standalone_cost(genotype)
    assert cost.complexity.params == 4_718_752
    assert cost.network == '14 cells of 48 channels, images of 224 pixels'


def test_a_cell_of_a_benchmark_costs_what_the_benchmark_says():
    skips = '|skip_connect~0|+|skip_connect~0|skip_connect~1|+|skip_connect~0|skip_connect~1|skip_connect~2|'
    cost = standalone_cost(get_space('nasbench201').parse(skips))
    assert cost.complexity.params == 73_306
    assert cost.network == 'images of 32 pixels'
