"""The networks of a comparison keep within the budget, and are as wide as they can be."""

import math

import pytest
from mmengine.registry import init_default_scope

from mmnas_mae.comparison.rivals import Field
from mmnas_mae.comparison.width import classifier_cost, widest
from mmnas_mae.costs import Budget, EdgeCosts
from mmnas_mae.spaces import get_space, load_genotype

AT = dict(init_channels=4, layers=3, stem='cifar', in_channels=3)


@pytest.fixture
def field(tmp_path):
    init_default_scope('mmpretrain')

    def make(genotype='PDARTS', macs=None, settings=AT, shape=(3, 32, 32)):
        return Field(load_genotype(genotype), tmp_path, settings, shape, 10, macs)

    return make


def test_at_the_cost_of_the_found_network(field):
    made = field()
    rivals, left_out = made.make(['darts_v2', 'random', 'largest', 'resnet'])
    assert left_out == {}
    assert [rival.name for rival in rivals] == ['found', 'darts_v2', 'random', 'largest', 'resnet']
    costs = {rival.name: rival.cost['macs'] for rival in rivals}
    assert made.macs == costs['found'] == max(costs.values())
    at = dict(AT, image_size=32, num_classes=10)
    # Counted with its classifier, as everywhere here.
    assert rivals[0].cost == EdgeCosts(made.genotype, at).cost(made.genotype)
    # One channel more would exceed it.
    for rival in rivals[1:4]:
        backbone = dict(rival.backbone)
        backbone['init_channels'] += 1
        assert classifier_cost(backbone, (3, 32, 32), 10)['macs'] > made.macs
    wider = {**rivals[4].backbone, 'network': dict(rivals[4].backbone['network'])}
    for key in ('base_channels', 'stem_channels'):
        wider['network'][key] += 1
    assert classifier_cost(wider, (3, 32, 32), 10)['macs'] > made.macs


def test_the_largest_cell_is_the_one_of_all_that_fits_best(field):
    space = get_space('nasbench201')
    arch = '|nor_conv_1x1~0|+|skip_connect~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_1x1~1|none~2|'
    settings = dict(init_channels=2, cells_per_stage=1, in_channels=3)
    made = field(arch, settings=settings)
    rivals, _ = made.make(['largest'])
    costs = EdgeCosts(made.genotype, dict(settings, image_size=32, num_classes=10))
    every = [costs.cost(member)['macs'] for member in space.enumerate()]
    largest = load_genotype(rivals[1].backbone['network']['genotype'])
    assert costs.cost(largest)['macs'] == max(macs for macs in every if macs <= made.macs)


def test_a_budget_widens_the_found_network_too(field):
    made = field(macs=3e6)
    assert made.found.cost['macs'] <= 3e6
    assert made.found.backbone['init_channels'] > 4
    assert made.macs == 3e6
    with pytest.raises(ValueError, match='no network of this genotype keeps within the budget'):
        field(macs=1000)


def test_what_has_no_such_network_is_left_out_with_the_reason(field):
    arch = '|skip_connect~0|+|skip_connect~0|none~1|+|nor_conv_1x1~0|none~1|none~2|'
    made = field(arch, settings=dict(init_channels=2, cells_per_stage=1, in_channels=3))
    rivals, left_out = made.make(['darts_v2', 'mobilenet'])
    assert [rival.name for rival in rivals] == ['found']
    assert left_out['darts_v2'] == 'DARTS_V2 has another skeleton than a cell of nasbench201'
    assert left_out['mobilenet'].startswith('MobileNetV2 of width 0.05, the smallest, has')
    with pytest.raises(ValueError, match='--against must be of darts_v2, random'):
        made.make(['vgg'])


@pytest.mark.parametrize('limit', [1, 8.9, 9, 100, 10_000, 1e9])
def test_the_widest_by_bisection_is_that_by_trying_all(limit):
    asked = []

    def cost(width):
        asked.append(width)
        return dict(macs=width**2)

    widths = range(1, 301)
    width, found = widest(widths, cost, limit, 'a square')
    assert width == max(each for each in widths if each**2 <= limit)
    assert found['macs'] == width**2
    assert len(asked) <= 2 * math.log2(300) + 4
    assert Budget(macs=limit).keeps(found)
