"""Limits on the cost of a network."""

import random

import pytest

from mmnas_mae.costs import Budget, measure_complexity
from mmnas_mae.models.build import build_network
from mmnas_mae.registry import MODELS
from mmnas_mae.spaces import Genotype, get_space, load_genotype

ALL_3X3 = '|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|'
SMALL = dict(init_channels=2, cells_per_stage=1, image_size=8)


def test_a_limit_on_multiply_adds_counts_the_network():
    stem, cells, reductions, classifier = 3 * 2 * 9 * 64, 3 * 6 * 2 * 2 * 9 * 64, 0, 8 * 10
    for c, pixels in ((2, 16), (4, 4)):
        reductions += (c * 2 * c * 9 + 2 * c * 2 * c * 9 + c * 2 * c) * pixels
    total = stem + cells + reductions + classifier
    genotype = load_genotype(ALL_3X3)
    assert Budget(macs=total, at=SMALL)(genotype)
    assert not Budget(macs=total - 1, at=SMALL)(genotype)
    params = Budget(macs=total, at=SMALL).cost(genotype)['params']
    assert Budget(macs=total, params=params, at=SMALL)(genotype)
    assert not Budget(macs=total, params=params - 1, at=SMALL)(genotype)


@pytest.mark.parametrize('name', ['nasbench101', 'transnas101_macro', 'nasnet'])
def test_any_network_has_a_cost(name):
    space, generator = get_space(name), random.Random(0)
    budget = Budget(macs=1, at=dict(image_size=32, num_classes=7))
    for _ in range(3):
        genotype = space.random_genotype(generator)
        network = build_network(name, genotype, 7)
        assert budget.cost(genotype) == vars(measure_complexity(network, (3, 32, 32)))


def test_the_usual_size_is_that_of_the_tools():
    """Table 2: PC-DARTS has 5.3 M parameters; 581.6 M multiply-adds by get_flops.py."""
    budget = Budget(macs=581_627_328, params=5_342_464, at=dict(stem='imagenet'))
    assert budget(load_genotype('PC_DARTS_image'))


def test_what_a_search_network_finds_has_its_strides_and_images():
    settings = dict(init_channels=4, layers=3, strides=(1, 2, 1), in_channels=5)
    network = MODELS.build(dict(type='mmnas_mae.DARTSSupernet', **settings))
    budget = Budget(macs=1, at=dict(init_channels=6, layers=4))
    member = get_space('darts_s0').random_genotype(random.Random(0))
    found = Genotype('darts_s0', member.cells, skeleton='darts', search=dict(network.macro))
    assert budget.on(network).cost(member) == budget.cost(found) != budget.cost(member)


def test_a_draw_keeps_within_the_smallest_limit_there_is():
    space = get_space('darts_s0')
    at = dict(init_channels=4, layers=3)
    with pytest.raises(ValueError, match='no member of space darts_s0 keeps within params=1; .* params=') as error:
        Budget(params=1, at=at).check(space)
    least = int(str(error.value).rpartition('=')[2])
    smallest = Budget(params=least, at=at)
    smallest.check(space)
    drawn = [smallest.draw(space, random.Random(seed)) for seed in range(5)]
    assert all(smallest.cost(genotype)['params'] == least for genotype in drawn)
    assert len({space.format(genotype) for genotype in drawn}) == 5


def test_a_space_without_edges_is_not_drawn_from():
    with pytest.raises(ValueError, match='no member of space nasbench101 was found that keeps within .*macs'):
        Budget(macs=1).draw(get_space('nasbench101'), random.Random(0))


def test_a_size_that_no_network_has_is_named():
    for at, reason in (
        (dict(depth=3), "the network of 'darts_s0': .*'depth'"),
        (dict(layers=1), 'layers must be at least 3'),
        (dict(image_size=[1, 2, 3]), r'image_size must be one or two numbers of pixels, got \[1, 2, 3\]'),
    ):
        with pytest.raises(ValueError, match=reason):
            Budget(macs=1, at=at).cost(load_genotype('DARTS_V2'))
