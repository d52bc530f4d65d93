"""Cells with fewer edges: the threshold derivation of FairDARTS."""

import random
from dataclasses import replace

import pytest
import torch

from mmnas_mae.models import DARTSSupernet, GenotypeBackbone
from mmnas_mae.spaces import CellGenotype, Genotype, discretize, get_space, load_genotype

SPACE = get_space('fairdarts')
OPS = SPACE.cells['normal'].ops[0]
SKIP, SEP3 = OPS.index('skip_connect'), OPS.index('sep_conv_3x3')


def weights(**edges: dict) -> dict:
    """Sigmoids of 0.1 except where given: cell type -> {(edge, op): weight}."""
    out = {kind: torch.full((14, 7), 0.1) for kind in SPACE.cells}
    for kind, values in edges.items():
        for place, value in values.items():
            out[kind][place] = value
    return out


def test_the_space_has_seven_operations_and_no_none() -> None:
    assert len(OPS) == 7
    assert 'none' not in OPS


def test_of_the_two_strongest_edges_those_above_the_threshold_stay() -> None:
    # Edges 0 to 1 enter the first node, 2 to 4 the second, 5 to 8 the third, 9 to 13 the fourth.
    derived = discretize(
        SPACE,
        weights(
            normal={
                (0, SKIP): 0.95,
                (1, SEP3): 0.85,
                (2, SEP3): 0.9,
                (3, SEP3): 0.92,
                (4, SKIP): 0.99,
                (5, SEP3): 0.84,
            },
            reduce={(0, SKIP): 0.9, (0, SEP3): 0.91},
        ),
        threshold=0.85,
    )
    normal, reduce = derived.cells['normal'], derived.cells['reduce']
    assert normal.nodes == (
        (('skip_connect', 0), ('sep_conv_3x3', 1)),
        (('sep_conv_3x3', 1), ('skip_connect', 2)),  # of three above the threshold the two strongest
        (),  # 0.84 falls short
        (),
    )
    assert normal.concat == (2, 3)
    assert reduce.nodes == ((('sep_conv_3x3', 0),), (), (), ())
    assert reduce.concat == (2,)
    SPACE.validate(derived)


def test_an_edge_of_exactly_the_threshold_stays() -> None:
    # Numbers that have no rounding.
    below = 0.875 - 2**-20
    derived = discretize(SPACE, weights(normal={(0, SKIP): 0.875, (1, SEP3): below, (2, SEP3): 0.875}), threshold=0.875)
    assert derived.cells['normal'].nodes == ((('skip_connect', 0),), (('sep_conv_3x3', 0),), (), ())


def test_what_reads_a_node_without_edges_goes_too() -> None:
    # Edge 7 is 2->4; node 2 has no edge above the threshold, so it cannot be read.
    derived = discretize(SPACE, weights(normal={(7, SEP3): 0.99, (5, SEP3): 0.9}), threshold=0.85)
    assert derived.cells['normal'].nodes == ((), (), (('sep_conv_3x3', 0),), ())
    SPACE.validate(derived)


def test_a_node_that_stays_can_be_read() -> None:
    # Edge 8 is 3->4.
    derived = discretize(SPACE, weights(normal={(2, SEP3): 0.9, (8, SEP3): 0.9}), threshold=0.85)
    assert derived.cells['normal'].nodes == ((), (('sep_conv_3x3', 0),), (('sep_conv_3x3', 3),), ())


def test_nothing_above_the_threshold_leaves_the_strongest_edge_of_the_first_node() -> None:
    derived = discretize(SPACE, weights(normal={(1, SKIP): 0.6}), threshold=0.85)
    assert derived.cells['normal'].nodes == ((('skip_connect', 1),), (), (), ())
    SPACE.validate(derived)
    net = DARTSSupernet(
        'fairdarts',
        init_channels=2,
        layers=3,
        relaxation=dict(type='mmnas_mae.SigmoidRelaxation'),
        derivation=dict(threshold=0.85),
    )
    assert net.arch.genotype().cells['normal'].num_edges == 1  # alpha starts at zero, so all weights are one half


def test_a_sparse_cell_is_built_with_the_channels_that_it_has(tmp_path) -> None:
    derived = discretize(
        SPACE,
        weights(
            normal={(0, SKIP): 0.95, (1, SEP3): 0.9, (11, SEP3): 0.93},
            reduce={(5, SEP3): 0.9, (6, SEP3): 0.9},
        ),
        threshold=0.85,
    )
    assert [cell.concat for cell in derived.cells.values()] == [(2, 5), (4,)]
    derived.save(tmp_path / 'genotype.json')
    net = GenotypeBackbone(str(tmp_path / 'genotype.json'), init_channels=4, layers=3).eval()
    # Cell 0 is normal (2 nodes of 4 channels), cells 1 and 2 reduce (1 node of 8 and of 16).
    assert net.out_channels == (8, 8, 16)
    assert [f.shape[1] for f in net(torch.randn(1, 3, 8, 8))] == [8, 8, 16]


def test_text_names_the_node_of_each_edge() -> None:
    derived = discretize(SPACE, weights(normal={(0, SKIP): 0.9, (9, SEP3): 0.9}), threshold=0.85)
    text = SPACE.format(derived)
    assert text.startswith("Genotype(normal=[('skip_connect', 2, 0), ('sep_conv_3x3', 5, 0)], normal_concat=[2, 5]")
    assert load_genotype(text, space='fairdarts') == derived
    for wrong in ('Genotype(normal=[(1, 2)])', "Genotype(normal=[('skip_connect', 9, 0)])", 'Genotype(x=1)'):
        with pytest.raises(ValueError, match=r'a genotype of darts_s0_sparse reads Genotype\(normal='):
            SPACE.parse(wrong)


def test_mutations_of_sparse_members_are_members() -> None:
    parent = discretize(SPACE, weights(normal={(0, SKIP): 0.9, (2, SEP3): 0.9, (13, SEP3): 0.9}), threshold=0.85)
    for seed in range(60):
        child = SPACE.mutate(parent, random.Random(seed))
        SPACE.validate(child)
        assert child != parent


@pytest.mark.parametrize(
    'nodes, concat, message',
    [
        (
            ((('skip_connect', 0),), (), (), ()),
            (2, 3),
            r'the output must be the states with edges, \[2\], got \(2, 3\)',
        ),
        (((), (('skip_connect', 2),), (), ()), (3,), 'state 2 has no edges, so no edge can take it'),
        (((), (), (), ()), (), r'the output must be the states with edges, \[\]'),
        (((('none', 0),), (), (), ()), (2,), "edge 0->2 cannot be 'none'"),
        (((('skip_connect', 0), ('skip_connect', 0)), (), (), ()), (2,), 'two edges from one state'),
        (((), (('skip_connect', 0), ('skip_connect', 1), ('sep_conv_3x3', 0)), (), ()), (3,), 'needs 2 edges, got 3'),
        (((('skip_connect', 0),),), (2,), 'needs 4 nodes, got 1'),
    ],
)
def test_what_is_no_member_is_refused(nodes: tuple, concat: tuple, message: str) -> None:
    member = SPACE.random_genotype(random.Random(0))
    cells = {**member.cells, 'normal': CellGenotype(nodes, concat)}
    with pytest.raises(ValueError, match=message):
        SPACE.validate(replace(member, cells=cells))


def test_a_threshold_needs_a_space_that_allows_it() -> None:
    with pytest.raises(ValueError, match='which space darts_s0 does not allow; darts_s0_sparse does'):
        DARTSSupernet('s0', init_channels=2, layers=3, derivation=dict(threshold=0.85))
    with pytest.raises(ValueError, match='node 2 needs 2 edges'):
        get_space('darts_s0_no_none').validate(
            Genotype(
                'darts_s0_no_none', {k: CellGenotype(((), (), (), ()), (2, 3, 4, 5)) for k in ('normal', 'reduce')}
            )
        )
