"""When a search has decided, and when what it found has collapsed."""

import pytest

from mmnas_mae.spaces import Genotype, get_space, judge, published
from mmnas_mae.spaces.verdict import edge_ratio

NB201 = get_space('nasbench201')


def cells(*ops: str) -> dict:
    """The six edges of a cell of NAS-Bench-201, in the order of its text."""
    a, b, c, d, e, f = ops
    return dict(NB201.parse(f'|{a}~0|+|{b}~0|{c}~1|+|{d}~0|{e}~1|{f}~2|').cells)


CONV, SKIP, NONE, POOL = 'nor_conv_3x3', 'skip_connect', 'none', 'avg_pool_3x3'


@pytest.mark.parametrize(
    'ops, found',
    [
        ((SKIP,) * 6, '6 of 6 edges of the cell carry no weights (6 skip_connect)'),
        ((POOL, POOL, NONE, NONE, CONV, CONV), '4 of 6 edges of the cell carry no weights (2 none, 2 avg_pool_3x3)'),
        ((SKIP, SKIP, SKIP, CONV, CONV, CONV), None),
        ((CONV,) * 6, None),
    ],
)
def test_a_cell_of_edges_without_weights_has_collapsed(ops: tuple, found: str) -> None:
    verdict = judge(cells(*ops), NB201)
    assert verdict.collapsed == (found is not None)
    assert verdict.reasons() == ({} if found is None else dict(collapsed=f'collapsed: {found}'))


def test_the_share_that_counts_as_collapse_is_a_setting() -> None:
    half = cells(SKIP, SKIP, SKIP, CONV, CONV, CONV)
    assert judge(half, NB201, collapse_ratio=0.4).collapsed
    assert not judge(half, NB201, collapse_ratio=0.5).collapsed


def test_the_published_cells_of_darts_have_not_collapsed() -> None:
    for name in ('DARTS_V1', 'DARTS_V2', 'PC_DARTS_cifar', 'PDARTS'):
        assert not judge(published(name).cells, get_space('darts_s0')).collapsed


@pytest.mark.parametrize(
    'decision, decided',
    [
        (None, None),
        (dict(entropy=0.99, ratio=1.5), True),
        (dict(entropy=0.2, ratio=1.49), False),
        (dict(entropy=0.2, ratio=3.0, changed=1, window=4), False),
        (dict(entropy=0.9, ratio=None), True),
        (dict(entropy=0.91, ratio=None), False),
    ],
)
def test_a_search_has_decided_where_it_prefers_what_it_derives(decision: dict, decided: bool) -> None:
    verdict = judge(cells(*[CONV] * 6), NB201, decision)
    assert verdict.decided is decided
    assert ('undecided' in verdict.reasons()) == (decided is False)


def test_the_sentence_names_what_was_measured() -> None:
    decision = dict(entropy=0.99981, ratio=1.0234, changed=2, window=3)
    assert judge(cells(*[CONV] * 6), NB201, decision).reasons()['undecided'] == (
        'undecided: the operation of an edge weighs 1.02 times the next best on average (1.5 would be a choice), '
        'entropy of alpha 0.9998, 2 of the last 3 epochs had another architecture'
    )


@pytest.mark.parametrize('stable, changed', [(1, 2), (2, 1), (3, 0), (7, 0)])
def test_the_last_third_of_the_epochs_has_to_agree(stable: int, changed: int) -> None:
    """Of 9 epochs the last ``stable`` ones, this one included, had the same cell."""
    now, before = cells(*[CONV] * 6), cells(SKIP, *[CONV] * 5)
    earlier = [before] * (9 - stable) + [now] * (stable - 1)
    verdict = judge(now, NB201, dict(entropy=0.5, ratio=2.0), earlier)
    assert (verdict.changed, verdict.window) == (changed, 3)
    assert verdict.decided == (changed == 0)


def test_an_architecture_without_cells_is_not_judged() -> None:
    macro = Genotype('transnas101_macro', {}, macro=dict(modules='1111', base_channels=64))
    verdict = judge(macro.cells, get_space('transnas101_macro'))
    assert (verdict.kind, verdict.decided, verdict.reasons()) == (None, None, {})


def test_the_ratio_of_an_edge_is_a_positive_number_that_json_holds() -> None:
    assert edge_ratio(0.6, [0.3, 0.1]) == pytest.approx(2)
    assert edge_ratio(0.3, [0.6, 0.1]) == pytest.approx(0.5)
    assert edge_ratio(1.0, [0.0]) == 1e6
    assert edge_ratio(0.0, [1.0]) == 1e-6
    assert edge_ratio(1.0, []) is None
