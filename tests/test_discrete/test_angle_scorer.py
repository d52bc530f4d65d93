"""The angle of RLNAS against vectors that are built path by path."""

import copy
import random

import pytest
import torch

from mmnas_mae.discrete import AngleScorer
from mmnas_mae.discrete.angle_scorer import count_paths
from mmnas_mae.models import MAENAS, Cell
from mmnas_mae.spaces import CellGenotype, get_space

#: megvii-model/RLNAS: darts_search_space/imagenet/rlnas/evolution_search/config.py.
DARTS_PATHS = (
    '02345 0235 0245 025 0345 035 045 05 12345 1235 1245 125 1345 135 145 15 0234 024 034 04 1234 124 134 14 '
    '023 03 123 13 02 12'
).split()
NB201_PATHS = '03 023 0123 013'.split()
SMALL = dict(
    neck=dict(type='mmnas_mae.HierarchicalDecoder'),
    head=dict(type='mmnas_mae.MaskedReconstructionHead'),
    mask_generator=dict(type='mmnas_mae.PatchMaskGenerator', patch_size=4, ratio=0.5),
)


def trained(backbone):
    """A search model, as it was and with every weight moved."""
    model = MAENAS(backbone, **SMALL)
    initial = copy.deepcopy(model.state_dict())
    with torch.no_grad():
        for parameter in model.weight_parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return model, initial


class Run:
    def __init__(self, model, initial):
        self.model, self.initial, self.space = model, initial, model.arch.space


def naive_angle(model, initial, genotype, paths, identity='eye'):
    """Both weight vectors, path after path, then everything outside the candidates."""
    before, after = MAENAS_of(model, initial), model
    vectors = []
    for net in (before, after):
        parts = []
        for cell in (module for module in net.modules() if isinstance(module, Cell)):
            ops = {
                (node, source): op
                for node, edges in enumerate(genotype.cells[cell.kind].nodes, cell.graph.num_inputs)
                for op, source in edges
            }
            for path in paths:
                steps = [(int(t), int(s)) for s, t in zip(path, path[1:])]
                if any(ops.get(step, 'none') == 'none' for step in steps):
                    continue
                for step in steps:
                    e = cell.graph.edges.index(step)
                    op, edge = ops[step], cell.edges[e]
                    module = edge.ops[cell.graph.ops[e].index(op)]
                    channels = edge.args.in_channels
                    if 'pool' in op:
                        parts.append(torch.full((channels * 9,), 1 / 9))
                    elif type(module).__name__ == 'Identity' and identity == 'eye':
                        parts.append(torch.eye(channels).flatten())
                    parts += [parameter.flatten() for parameter in module.parameters()]
        edges = [e for cell in net.modules() if isinstance(cell, Cell) for e in cell.edges]
        inside = {id(p) for edge in edges for p in edge.parameters()} | {id(p) for p in net.arch.parameters()}
        parts += [p.flatten() for p in net.parameters() if id(p) not in inside]
        vectors.append(torch.cat([part.detach().double() for part in parts]))
    return float(torch.acos(torch.nn.functional.cosine_similarity(*vectors, dim=0)))


def MAENAS_of(model, state):
    net = copy.deepcopy(model)
    net.load_state_dict(state)
    return net


@pytest.mark.parametrize('identity', ['eye', 'empty'])
def test_nasbench201_against_explicit_vectors(identity):
    model, initial = trained(dict(type='mmnas_mae.NASBench201Supernet', init_channels=2, cells_per_stage=1))
    scorer = AngleScorer(Run(model, initial), identity)
    space = get_space('nasbench201')
    archs = [
        '|avg_pool_3x3~0|+|skip_connect~0|nor_conv_3x3~1|+|skip_connect~0|none~1|avg_pool_3x3~2|',
        '|none~0|+|none~0|nor_conv_3x3~1|+|nor_conv_1x1~0|avg_pool_3x3~1|skip_connect~2|',
        *(space.format(space.random_genotype(random.Random(seed))) for seed in range(6)),
    ]
    angles = []
    for arch in archs:
        genotype = space.parse(arch)
        angles.append(scorer(genotype))
        if angles[-1]:
            assert angles[-1] == pytest.approx(naive_angle(model, initial, genotype, NB201_PATHS, identity), abs=1e-9)
    assert len({round(angle, 6) for angle in angles}) > 5


def test_darts_against_explicit_vectors():
    model, initial = trained(dict(type='mmnas_mae.DARTSSupernet', init_channels=2, layers=3))
    scorer, space = AngleScorer(Run(model, initial)), get_space('darts_s0')
    for seed in range(4):
        genotype = space.random_genotype(random.Random(seed))
        assert scorer(genotype) == pytest.approx(naive_angle(model, initial, genotype, DARTS_PATHS), abs=1e-9)


def test_paths_are_counted_as_rlnas_lists_them():
    nodes = tuple(tuple(('x', source) for source in range(node)) for node in range(2, 6))
    counts = count_paths(CellGenotype(nodes, (2, 3, 4, 5)), num_inputs=2)
    listed = dict.fromkeys(counts, 0)
    for path in DARTS_PATHS:
        for s, t in zip(path, path[1:]):
            listed[int(t), int(s), 'x'] += 1
    assert counts == listed
    assert sum(count for (node, source, _), count in counts.items() if source < 2) == len(DARTS_PATHS) == 30


def test_a_cell_without_a_path_has_no_angle():
    model, initial = trained(dict(type='mmnas_mae.NASBench201Supernet', init_channels=2, cells_per_stage=1))
    scorer, space = AngleScorer(Run(model, initial)), get_space('nasbench201')
    cut = space.parse('|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|none~0|none~1|none~2|')
    assert scorer(cut) == 0.0


def test_weights_that_did_not_move_have_no_angle_and_constants_make_it_smaller():
    model, initial = trained(dict(type='mmnas_mae.NASBench201Supernet', init_channels=2, cells_per_stage=1))
    space = get_space('nasbench201')
    genotype = space.parse(
        '|nor_conv_3x3~0|+|skip_connect~0|nor_conv_3x3~1|+|skip_connect~0|skip_connect~1|skip_connect~2|'
    )
    still = AngleScorer(Run(model, copy.deepcopy(model.state_dict())))
    assert still(genotype) == pytest.approx(0, abs=1e-6)
    run = Run(model, initial)
    assert 0 < AngleScorer(run)(genotype) < AngleScorer(run, identity='empty')(genotype)


def test_wrong_settings_are_named():
    model, initial = trained(dict(type='mmnas_mae.NASBench201Supernet', init_channels=2, cells_per_stage=1))
    with pytest.raises(ValueError, match=r"AngleScorer.identity must be one of \('eye', 'empty'\), got 'one'"):
        AngleScorer(Run(model, initial), 'one')
    with pytest.raises(ValueError, match='AngleScorer needs the weights before the search'):
        AngleScorer(Run(model, None))
    with pytest.raises(ValueError, match="are of another model: only one of the two has 'stranger'"):
        AngleScorer(Run(model, {**initial, 'stranger': torch.zeros(1)}))
    model, initial = trained(dict(type='mmnas_mae.NASBench101Supernet', stem_channels=6, num_modules_per_stack=1))
    with pytest.raises(ValueError, match='NASBench101Supernet has no cells of mixed operations'):
        AngleScorer(Run(model, initial))
