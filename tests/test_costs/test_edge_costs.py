"""A network costs a constant and a sum over its edges."""

import json
import random
import subprocess
import sys

import pytest
import torch

from mmnas_mae.costs import EdgeCosts, measure_complexity
from mmnas_mae.costs.edge_costs import NotOfCells
from mmnas_mae.models.build import build_network
from mmnas_mae.spaces import Genotype, get_space, published

IMAGENET = dict(init_channels=48, layers=14, stem='imagenet', image_size=224)
SMALL = dict(init_channels=6, layers=5)


def counted(costs, genotype):
    """What the network has when all of it is counted."""
    with torch.device('meta'):
        network = build_network(genotype.space, genotype, costs.size.num_classes, **costs.size.settings)
        return vars(measure_complexity(network, costs.size.shape))


@pytest.mark.parametrize(
    'space, at, number',
    [
        ('darts_s0', IMAGENET, 4),
        pytest.param('darts_s0', IMAGENET, 100, marks=pytest.mark.slow),
        pytest.param('nasbench201', {}, 100, marks=pytest.mark.slow),
        ('darts_s0', dict(SMALL, image_size=(33, 47)), 10),
        ('darts_s0', dict(init_channels=4, layers=(1, 2), strides=(2, 1), num_classes=7), 5),
        ('darts_s1', SMALL, 5),
        ('darts_s4', SMALL, 5),
        ('darts_s0_all_edges', SMALL, 5),
        ('darts_s0_pairs', SMALL, 5),
        ('darts_s0_sparse', SMALL, 5),
        # Each of its members concatenates other nodes.
        ('nasnet', SMALL, 6),
        ('nasbench201', {}, 6),
        ('nasbench201', dict(init_channels=5, cells_per_stage=1, image_size=17), 5),
        ('transnas101_micro', dict(image_size=64), 5),
    ],
)
def test_the_sum_is_what_counting_the_network_gives(space, at, number):
    space, generator = get_space(space), random.Random(0)
    costs = EdgeCosts(space.random_genotype(generator), at)
    for _ in range(number):
        genotype = space.random_genotype(generator)
        assert costs.cost(genotype) == counted(costs, genotype)


def test_the_cost_of_a_published_cell_is_that_of_the_tool(repository):
    costs = EdgeCosts(published('DARTS_V2'), IMAGENET)
    tool = [sys.executable, 'tools/analysis/get_flops.py', 'PC_DARTS_image', '--stem', 'imagenet']
    said = json.loads(subprocess.run(tool, cwd=repository, capture_output=True, text=True, check=True).stdout)
    assert costs.cost(published('PC_DARTS_image')) == {name: said[name] for name in ('params', 'macs')}
    assert said['params'] == 5_342_464


def test_a_cell_without_nodes_in_its_output_costs_less():
    """FairDARTS leaves nodes out, and so channels of what follows."""
    space = get_space('darts_s0_sparse')
    whole = space.random_genotype(random.Random(0))
    normal = whole.cells['normal']
    cut = type(normal)((*normal.nodes[:3], ()), normal.concat[:3])
    genotype = Genotype(space.name, dict(whole.cells, normal=cut))
    space.validate(genotype)
    costs = EdgeCosts(whole, SMALL)
    assert costs.cost(genotype) == counted(costs, genotype)
    assert costs.base(genotype)['params'] < costs.base(whole)['params']


def test_the_network_of_a_search_keeps_its_strides_and_images():
    member = get_space('darts_s0').random_genotype(random.Random(0))
    found = Genotype(member.space, member.cells, skeleton='darts', search=dict(strides=[2, 1], in_channels=5))
    costs = EdgeCosts(found, SMALL)
    assert costs.size.shape == (5, 32, 32)
    # The constant is measured on a member without these settings.
    assert EdgeCosts(found, SMALL).base(member) == costs.base(found) != EdgeCosts(member, SMALL).base(member)


def test_reduction_cells_have_edges_of_two_prices():
    costs = EdgeCosts(published('DARTS_V2'), dict(init_channels=4, layers=3))
    table = costs.table(get_space('darts_s0'))
    ops = get_space('darts_s0').cells['reduce'].ops[0]
    input_skip, node_skip = (table['reduce'][e][ops.index('skip_connect')] for e in (0, 4))
    # At 8 and 16 channels: two 1x1 convolutions of half of them and a normalisation.
    assert input_skip['params'] == (8 * 8 + 2 * 8) + (16 * 16 + 2 * 16)
    assert node_skip == dict(params=0, macs=0)
    assert table['normal'][0][ops.index('none')] == dict(params=0, macs=0)


def test_networks_without_cells_are_refused():
    with pytest.raises(NotOfCells, match='does not consist of the cells'):
        EdgeCosts(get_space('nasbench101').random_genotype(random.Random(0)))
