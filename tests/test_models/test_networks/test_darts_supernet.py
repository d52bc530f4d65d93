"""The search network: published counts, what its weights do, and what sparse masking promises."""

import pytest
import torch
from torch import nn

from mmnas_mae.models import (
    CellArchitecture,
    CellWeights,
    DARTSNetwork,
    DARTSSupernet,
    GenotypeBackbone,
    PatchMaskGenerator,
    Visibility,
)
from mmnas_mae.models.layers.ops import Pool
from mmnas_mae.spaces import CellGenotype, CellGraph, CellSpace, get_space

SPACES = [f'darts_s{i}' for i in range(5)]


def small(space='darts_s0', layers=5, **kwargs):
    return DARTSSupernet(space, init_channels=4, layers=layers, **kwargs)


def count(parameters):
    return sum(p.numel() for p in parameters)


@pytest.mark.parametrize(
    'space, expected',
    [('s0', 1_930_618), ('s1', 405_146), ('s2', 665_466), ('s3', 665_466), ('s4', 624_506)],
)
def test_parameters_equal_the_published_search_networks(space, expected):
    with torch.device('meta'):
        supernet = DARTSSupernet(space, init_channels=16, layers=8)
    classifier = nn.Linear(supernet.out_channels[-1], 10)
    weights = count(supernet.parameters()) - count(supernet.arch.parameters())
    assert weights + count(classifier.parameters()) == expected
    ops = supernet.arch.space.cells['normal'].max_ops
    assert {name: tuple(p.shape) for name, p in supernet.arch.named_parameters()} == {
        'alphas.normal': (14, ops),
        'alphas.reduce': (14, ops),
    }


def test_s0_with_100_classes():
    with torch.device('meta'):
        supernet = DARTSSupernet()
    assert count(supernet.parameters()) - 2 * 14 * 8 + 257 * 100 == 1_953_748


@pytest.mark.parametrize(
    'stem, side, strides', [('cifar', 32, (1, 2, 4)), ('imagenet', 224, (8, 16, 32)), ('imagenet', 200, (8, 16, 32))]
)
def test_features_of_the_three_stages(stem, side, strides):
    with torch.device('meta'):
        supernet = DARTSSupernet(init_channels=16, layers=8, stem=stem)
        features = supernet(torch.zeros(2, 3, side, side))
    assert supernet.out_channels == (64, 128, 256)
    assert supernet.out_strides == strides
    sides = [-(-side // stride) for stride in strides]
    assert [tuple(x.shape) for x in features] == [(2, c, s, s) for c, s in zip((64, 128, 256), sides)]


@pytest.mark.parametrize(
    'layers, reductions, ends',
    [(3, (1, 2), (0, 1, 2)), (5, (1, 3), (0, 2, 4)), (8, (2, 5), (1, 4, 7)), (20, (6, 13), (5, 12, 19))],
)
def test_reductions_stand_at_thirds(layers, reductions, ends):
    with torch.device('meta'):
        supernet = small(layers=layers)
    assert [i for i, cell in enumerate(supernet.cells) if cell.kind == 'reduce'] == list(reductions)
    assert (supernet.reductions, supernet.stage_ends) == (reductions, ends)
    assert supernet.cell_channels == tuple(16 * 2 ** sum(i >= r for r in reductions) for i in range(layers))


def test_each_feature_is_the_last_output_of_its_stage():
    supernet = small()
    outputs = []
    for cell in supernet.cells:
        cell.register_forward_hook(lambda module, inputs, output: outputs.append(output))
    features = supernet(torch.randn(2, 3, 16, 16))
    assert [next(i for i, x in enumerate(outputs) if x is feature) for feature in features] == [0, 2, 4]


@pytest.mark.parametrize(
    'kwargs, reason',
    [
        (dict(stem='tiny'), r"stem must be one of \('cifar', 'imagenet'\), or the config of a module, got 'tiny'"),
        (dict(layers=2), r'layers must be at least 3 \(one cell for each stage\), got 2'),
        (dict(space='darts_s9'), "unknown search space 'darts_s9'; there are: .*darts_s0"),
        (dict(space='nasbench201'), r"stacks normal and reduce cells with two inputs; .*'cell': '1 inputs'"),
        (dict(space='transnas101_macro'), "space 'transnas101_macro' has no cells with candidate operations"),
        (dict(space='nasbench101'), "space 'nasbench101' has no cells with candidate operations"),
        (dict(init_channels=3, stem='imagenet'), 'even number of channels, got 3'),
    ],
)
def test_settings_out_of_range_are_refused_in_one_line(kwargs, reason):
    with pytest.raises(ValueError, match=reason) as error:
        DARTSSupernet(**{'init_channels': 4, 'layers': 3, **kwargs})
    assert '\n' not in str(error.value)


def weights_of(genotype, space):
    """One for each kept operation, zero elsewhere."""
    weights = {}
    for kind, graph in space.cells.items():
        weights[kind] = torch.zeros(len(graph.edges), graph.max_ops, dtype=torch.float64)
        for i, node in enumerate(genotype[kind].nodes):
            for op, source in node:
                edge = graph.edges.index((2 + i, source))
                weights[kind][edge, graph.ops[edge].index(op)] = 1
    return weights


def copy_weights(supernet, network, genotype):
    network.stem.load_state_dict(supernet.stem.state_dict())
    for searched, derived in zip(supernet.cells, network.cells):
        derived.preprocess.load_state_dict(searched.preprocess.state_dict())
        graph = searched.graph
        chosen = {(2 + i, source): op for i, node in enumerate(genotype[derived.kind].nodes) for op, source in node}
        for edge, module in zip(derived.graph.edges, derived.edges):
            place = graph.edges.index(edge)
            module.load_state_dict(searched.edges[place].ops[graph.ops[place].index(chosen[edge])].state_dict())


# Pooling is left out: a search network normalises it, a derived one does not.
NORMAL = CellGenotype(
    (
        (('sep_conv_3x3', 0), ('skip_connect', 1)),
        (('dil_conv_3x3', 0), ('sep_conv_5x5', 2)),
        (('skip_connect', 3), ('dil_conv_5x5', 1)),
        (('sep_conv_3x3', 4), ('skip_connect', 0)),
    ),
    (2, 3, 4, 5),
)
REDUCE = CellGenotype(
    (
        (('skip_connect', 0), ('skip_connect', 1)),
        (('skip_connect', 2), ('dil_conv_5x5', 0)),
        (('sep_conv_5x5', 1), ('sep_conv_3x3', 3)),
        (('dil_conv_3x3', 1), ('skip_connect', 4)),
    ),
    (2, 3, 4, 5),
)


@pytest.mark.parametrize('training', [True, False])
def test_one_hot_weights_give_the_derived_network(training):
    genotype = dict(normal=NORMAL, reduce=REDUCE)
    supernet = small().double()
    graphs = {kind: CellGraph.from_genotype(cell, 2) for kind, cell in genotype.items()}
    network = DARTSNetwork(graphs, 4, 5, 'cifar', stem_channels=12, affine=False, searched=False).double()
    copy_weights(supernet, network, genotype)
    supernet.train(training)
    network.train(training)
    weights = {kind: CellWeights(ops) for kind, ops in weights_of(genotype, supernet.arch.space).items()}
    x = torch.randn(2, 3, 16, 16, dtype=torch.float64)
    searched = supernet.forward_cells(supernet.forward_stem(x), supernet.stage_ends, weights)
    derived = network.forward_cells(network.forward_stem(x), network.stage_ends)
    for a, b in zip(searched, derived):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-10)


def test_each_cell_type_has_its_own_weights_and_every_weight_matters():
    supernet = small(layers=3).double()
    x = torch.randn(2, 3, 8, 8, dtype=torch.float64)
    for parameter in supernet.arch.parameters():
        parameter.requires_grad_()
    f1, f2, _ = supernet(x)
    alphas = supernet.arch.alphas
    normal, reduce = torch.autograd.grad(f1.square().sum(), list(alphas.values()), allow_unused=True, retain_graph=True)
    assert reduce is None
    assert bool((normal != 0).all())
    normal, reduce = torch.autograd.grad(f2.square().sum(), list(alphas.values()))
    assert bool((normal != 0).all())
    assert bool((reduce != 0).all())


def test_alpha_starts_small_and_normal():
    alphas = torch.cat([CellArchitecture('s0').alphas['normal'].flatten() for _ in range(50)])
    assert float(alphas.detach().std()) == pytest.approx(1e-3, rel=0.03)
    assert float(alphas.detach().mean()) == pytest.approx(0, abs=5e-5)
    assert not CellArchitecture('s0', init_std=0).alphas['reduce'].any()


def test_weights_are_the_softmax_over_the_candidates():
    arch = CellArchitecture('s0')
    nn.init.normal_(arch.alphas['normal'])
    expected = arch.alphas['normal'].exp() / arch.alphas['normal'].exp().sum(1, keepdim=True)
    torch.testing.assert_close(arch.weights()['normal'], expected)


def ragged_space():
    """As S0, but some edges have fewer candidates, down to one."""
    ops = [('skip_connect', 'sep_conv_3x3', 'max_pool_3x3')[: 1 + e % 3] for e in range(14)]
    cells = {kind: CellGraph.dense(2, 4, ops) for kind in ('normal', 'reduce')}
    return CellSpace('ragged', cells, keep=2)


def test_candidates_that_do_not_exist_get_no_weight_and_no_gradient():
    supernet = small(ragged_space(), layers=3).double()
    arch = supernet.arch
    for alpha in arch.alphas.values():
        nn.init.normal_(alpha)
        alpha.data[0, 2] = 1e6
    exists = torch.tensor([[k < 1 + e % 3 for k in range(3)] for e in range(14)])
    for weights in arch.weights().values():
        assert torch.equal(weights != 0, exists)
        torch.testing.assert_close(weights.sum(1), torch.ones(14, dtype=torch.float64))
        assert weights[0].tolist() == [1, 0, 0]
    loss = sum(x.square().sum() for x in supernet(torch.randn(2, 3, 8, 8, dtype=torch.float64)))
    for gradient in torch.autograd.grad(loss, list(arch.alphas.values())):
        assert float(gradient[~exists].abs().sum()) == 0
        assert bool((gradient[torch.arange(14) % 3 == 2] != 0).all())
    get_space(arch.space).validate(arch.genotype())


def test_entropy_is_a_share_of_what_is_possible():
    arch = CellArchitecture(ragged_space(), init_std=0)
    # The edges with one candidate are decided, the others undecided.
    assert arch.entropy() == pytest.approx(9 / 14)
    for alpha in arch.alphas.values():
        alpha.data[:, 0] = 100
    assert arch.entropy() == pytest.approx(0, abs=1e-6)
    assert CellArchitecture('s0', init_std=0).entropy() == pytest.approx(1)


def test_the_genotype_follows_alpha():
    arch = CellArchitecture('s0')
    ops = arch.space.cells['normal'].ops[0]
    for alpha in arch.alphas.values():
        alpha.data[:, ops.index('dil_conv_5x5')] = 1
        alpha.data[[1, 3, 4, 7, 8, 10, 13], ops.index('dil_conv_5x5')] = 2
        alpha.data[:, ops.index('none')] = 1.5
    genotype = arch.genotype()
    for cell in genotype.cells.values():
        assert cell.count('dil_conv_5x5') == 8
        assert [[source for _, source in node] for node in cell.nodes] == [[0, 1], [1, 2], [2, 3], [1, 4]]


def test_alphas_are_saved_with_the_weights():
    supernet, other = small(layers=3), small(layers=3)
    keys = set(supernet.state_dict())
    assert {'arch.alphas.normal', 'arch.alphas.reduce'} <= keys
    assert not any('valid' in key for key in keys)
    other.load_state_dict(supernet.state_dict())
    assert torch.equal(other.arch.alphas['reduce'], supernet.arch.alphas['reduce'])


@pytest.mark.parametrize('space', SPACES)
@pytest.mark.parametrize('stem, side, patch', [('cifar', 16, 4), ('cifar', 16, 2), ('imagenet', 128, 8)])
def test_sparse_features_are_zero_where_masked(space, stem, side, patch):
    supernet = small(space, layers=3, stem=stem)
    x = torch.randn(2, 3, side, side)
    mask = PatchMaskGenerator(patch, 0.75, seed=1)(x)
    visible = Visibility(mask)
    hidden = 0
    for stride, feature in zip(supernet.out_strides, supernet(x * (1 - mask), visible)):
        blocks = mask.unfold(2, stride, stride).unfold(3, stride, stride).flatten(4).amin(-1)
        where = (blocks == 1).expand_as(feature)
        assert torch.equal(feature[where], torch.zeros_like(feature[where]))
        assert bool((feature[~where] != 0).any())
        hidden += int(where.sum())
    assert hidden > 0


@pytest.mark.parametrize('training', [True, False])
def test_sparse_features_know_nothing_of_masked_pixels_or_masked_images(training):
    supernet = small(layers=3).train(training).double()
    x = torch.randn(2, 3, 16, 16, dtype=torch.float64)
    mask = PatchMaskGenerator(4, 0.5)(x)
    features = supernet(x * (1 - mask), Visibility(mask))
    other = torch.where(mask == 1, 100 * torch.randn_like(x), x)
    for a, b in zip(features, supernet(other * (1 - mask), Visibility(mask))):
        assert torch.equal(a, b)
    # An image of which nothing is visible takes no part in the statistics.
    more = torch.cat([x * (1 - mask), torch.zeros_like(x[:1])]), torch.cat([mask, torch.ones_like(mask[:1])])
    for a, b in zip(features, supernet(more[0], Visibility(more[1]))):
        torch.testing.assert_close(b[:2], a, rtol=1e-9, atol=1e-9)
        assert float(b[2].detach().abs().sum()) == 0


def test_sparse_features_with_all_visible_are_the_dense_ones():
    supernet = small(layers=3, stem='imagenet').double()
    x = torch.randn(2, 3, 64, 64, dtype=torch.float64)
    for a, b in zip(supernet(x, Visibility(torch.zeros_like(x[:, :1]))), supernet(x)):
        torch.testing.assert_close(a, b)


def test_sparse_masking_that_leaves_too_little_is_an_error():
    x = torch.randn(1, 3, 16, 16)
    mask = torch.ones(1, 1, 16, 16)
    mask[..., :4, :4] = 0
    with pytest.raises(ValueError, match='fewer than two visible positions on a 4x4 map'):
        small(layers=3)(x * (1 - mask), Visibility(mask))


@pytest.mark.parametrize(
    'settings, stem, affine, pool_norm',
    [
        (dict(init_channels=48), (72, 144, 144), False, True),
        # megvii-model/RLNAS: train_supernet/super_model.py
        (dict(init_channels=48, stem_channels=48, affine=True), (24, 48, 48), True, True),
        # facebookresearch/unnas: pycls/models/nas/nas_search.py
        (dict(init_channels=16, stem_channels=16), (8, 16, 16), False, True),
        # D-X-Y/AutoDL-Projects: cell_operations.py, whose poolings have no normalisation
        (dict(init_channels=16, pool_norm=False), (24, 48, 48), False, False),
    ],
)
def test_stem_and_normalisations_are_settings(settings, stem, affine, pool_norm):
    with torch.device('meta'):
        net = DARTSSupernet('s0', layers=3, stem='imagenet', **settings)
    convs = [m.out_channels for stem in net.stems for m in stem.modules() if isinstance(m, nn.Conv2d)]
    assert tuple(convs) == stem
    norms = [m for m in net.cells.modules() if isinstance(m, nn.BatchNorm2d)]
    assert {m.affine for m in norms} == {affine}
    pools = [m for m in net.cells.modules() if isinstance(m, Pool)]
    assert len(pools) == 3 * 14 * 2
    assert {m.bn is not None for m in pools} == {pool_norm}
    assert net.cells[0].preprocess[1].conv.in_channels == stem[-1]


def test_a_cell_with_affine_poolings_is_the_sum_of_its_operations(seed):
    """Poolings of one state share the pooled map, not the parameters of their normalisations."""
    net = DARTSSupernet('s0', init_channels=4, layers=3, affine=True).double()
    generator = torch.Generator().manual_seed(seed)
    for parameter in net.cells.parameters():
        parameter.data.normal_(generator=generator)
    x = torch.randn(2, 3, 8, 8, dtype=torch.float64, generator=generator)
    grouped = net(x)
    for cell in net.cells:
        cell.grouped = False
    for a, b in zip(grouped, net(x)):
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-9)


def test_a_derived_cell_of_fourteen_edges_may_have_none_on_all_of_a_node(seed):
    arch = CellArchitecture('darts_s0_all_edges', dict(type='mmnas_mae.ConcreteRelaxation'))
    arch.alphas['normal'].data[:2, 0] = 5.0
    genotype = arch.genotype()
    assert genotype.cells['normal'].nodes[0] == (('none', 0), ('none', 1))
    network = GenotypeBackbone(genotype, init_channels=4, layers=3)
    assert [f.shape[1] for f in network(torch.randn(2, 3, 8, 8))] == [16, 32, 64]
