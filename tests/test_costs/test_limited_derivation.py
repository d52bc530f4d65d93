"""The strongest architecture within a limit."""

import random
from functools import cache
from itertools import combinations, product

import pytest
import torch

from mmnas_mae.costs import EdgeCosts, derive_within
from mmnas_mae.registry import SPACES
from mmnas_mae.spaces import CellGenotype, CellGraph, CellSpace, Genotype, discretize, get_space

FEW = ('skip_connect', 'max_pool_3x3', 'sep_conv_3x3', 'dil_conv_5x5')


@cache
def costs_of(name, **at):
    space = get_space(name)
    return EdgeCosts(space.random_genotype(random.Random(0)), at)


def random_weights(space, generator):
    return {
        kind: torch.randn(len(graph.edges), graph.max_ops, generator=generator).softmax(1)
        for kind, graph in space.cells.items()
    }


def strength(space, weights, genotype, edges=None):
    """The sum over the edges of a member; where edges have strengths of their own, theirs first."""
    ops, ranks = [], []
    for kind, graph in space.cells.items():
        for node, chosen in enumerate(genotype.cells[kind].nodes, graph.num_inputs):
            for op, source in chosen:
                e = graph.edges.index((node, source))
                ops.append(float(weights[kind][e, graph.ops[e].index(op)]))
                ranks.append(0.0 if edges is None else float(edges[kind][e]))
    return sum(ranks), sum(ops)


def test_all_cells_of_nasbench201_are_beaten():
    space, costs = get_space('nasbench201'), costs_of('nasbench201')
    edge_ops = list(product(range(5), repeat=6))
    choice = torch.tensor(edge_ops)
    table = torch.tensor([[cost['macs'] for cost in row] for row in costs.table(space)['cell']], dtype=torch.float64)
    picked = torch.arange(6)
    base = costs.base(space.random_genotype(random.Random(0)))['macs']
    price = base + table[picked, choice].sum(1)
    generator = torch.Generator().manual_seed(0)
    bound = 0
    for share in (0.0, 0.1, 0.25, 0.5, 0.75, 1.0):
        limit = price.quantile(share).item() if share else price.min().item()
        for _ in range(10):
            weights = random_weights(space, generator)
            totals = weights['cell'].double()[picked, choice].sum(1)
            best = edge_ops[totals.masked_fill(price > limit, -1).argmax()]
            found = derive_within(space, weights, costs, dict(macs=limit))
            ops = [op for node in found.cells['cell'].nodes for op, _ in node]
            assert ops == [space.cells['cell'].ops[0][k] for k in best]
            assert costs.cost(found)['macs'] <= limit
            bound += found != discretize(space, weights)
    assert bound > 20


#: Rules of derivation, as arguments of the space and of the derivation.
RULES = dict(
    darts=(dict(keep=2, never=('none',)), {}, ('macs',)),
    two_limits=(dict(keep=2, never=('none',)), {}, ('params', 'macs')),
    few_skips=(dict(keep=2, never=('none',)), dict(max_skips=1), ('macs',)),
    no_skips=(dict(keep=2, never=('none',)), dict(max_skips=0), ('params', 'macs')),
    ranked_edges=(dict(keep=2, never=('none',)), dict(edges=True), ('macs',)),
    with_none=(dict(keep=2, never=('none',)), dict(exclude_none=False), ('macs',)),
    pairs=(dict(keep=2, never=('none',), repeats=True), {}, ('macs',)),
    all_edges=(dict(keep=None), {}, ('macs',)),
    no_none=(dict(keep=None), dict(exclude_none=True), ('params',)),
)


@pytest.mark.parametrize('rule', RULES)
def test_all_members_of_a_small_space_are_beaten(rule, monkeypatch):
    """Cells of two nodes; normal and reduction cells share one budget."""
    settings, derivation, limited = RULES[rule]
    skips, exclude_none = (derivation.get(key) for key in ('max_skips', 'exclude_none'))
    never = {'none'} if exclude_none or (exclude_none is None and 'never' in settings) else set()
    ops = [('none', *FEW[i : i + 2]) for i in (0, 1, 2, 0, 1)]
    space = CellSpace('small', {kind: CellGraph.dense(2, 2, ops) for kind in ('normal', 'reduce')}, **settings)
    monkeypatch.setitem(SPACES.module_dict, 'small', lambda: space)
    members = list(listed(space, never))
    costs = EdgeCosts(space.random_genotype(random.Random(0)), dict(init_channels=4, layers=3))
    prices = [costs.cost(member) for member in members]
    generator, bound = torch.Generator().manual_seed(0), 0
    for share in (0.05, 0.1, 0.2, 0.3, 0.05, 0.1, 0.2, 0.3):
        weights = random_weights(space, generator)
        own = dict(derivation)
        if own.get('edges'):
            own['edges'] = {kind: torch.rand(5, generator=generator) for kind in space.cells}
        limits = {m: sorted(price[m] for price in prices)[int(len(prices) * share)] for m in limited}

        def fits(member, price, limits=limits):
            few = skips is None or member.cells['normal'].count('skip_connect') <= skips
            return few and all(price[metric] <= limit for metric, limit in limits.items())

        fitting = [member for member, price in zip(members, prices) if fits(member, price)]
        best = max(strength(space, weights, member, own.get('edges')) for member in fitting)
        found = derive_within(space, weights, costs, limits, **own)
        assert fits(found, costs.cost(found))
        assert strength(space, weights, found, own.get('edges')) == pytest.approx(best, abs=1e-9)
        bound += found != discretize(space, weights, **own)
    assert bound >= 2


def listed(space, never):
    """Every choice of edges and operations that the rules of a space allow."""
    nodes = []
    for graph in space.cells.values():
        for incoming in graph.incoming():
            pairs = [(op, graph.edges[e][1]) for e in incoming for op in graph.ops[e] if op not in never]
            choices = combinations(pairs, len(incoming) if space.keep is None else 2)
            nodes.append([c for c in choices if space.repeats or len({source for _, source in c}) == len(c)])
    for choice in product(*nodes):
        halves = zip(space.cells.items(), (choice[:2], choice[2:]))
        yield Genotype(space.name, {kind: CellGenotype(half, graph.concat) for (kind, graph), half in halves})


@pytest.mark.parametrize('name', ['darts_s0', 'darts_s1', 'darts_s0_all_edges'])
def test_a_limit_is_never_exceeded(name):
    space, costs = get_space(name), costs_of(name, init_channels=48, layers=14, stem='imagenet')
    seeds, generator = random.Random(0), torch.Generator().manual_seed(0)
    drawn = [costs.cost(space.random_genotype(seeds))['macs'] for _ in range(200)]
    changed = 0
    for _ in range(30):
        weights = random_weights(space, generator)
        limit = seeds.uniform(min(drawn), sorted(drawn)[100])
        found = derive_within(space, weights, costs, dict(macs=limit))
        space.validate(found)
        assert costs.cost(found)['macs'] <= limit
        free = discretize(space, weights)
        assert (found == free) == (costs.cost(free)['macs'] <= limit)
        changed += found != free
    assert changed


@pytest.mark.slow
def test_a_thousand_searches_in_s0_keep_within_their_limits():
    space, costs = get_space('darts_s0'), costs_of('darts_s0', init_channels=48, layers=14, stem='imagenet')
    seeds, generator = random.Random(0), torch.Generator().manual_seed(0)
    drawn = sorted(costs.cost(space.random_genotype(seeds))['macs'] for _ in range(1000))
    for _ in range(1000):
        limit = seeds.uniform(drawn[0], drawn[-1])
        assert (
            costs.cost(derive_within(space, random_weights(space, generator), costs, dict(macs=limit)))['macs'] <= limit
        )


def test_equal_strengths_are_told_apart_as_ever_without_a_limit():
    space, costs = get_space('darts_s0'), costs_of('darts_s0', init_channels=4, layers=3)
    equal = {kind: torch.full((14, 8), 0.125) for kind in space.cells}
    free = discretize(space, equal)
    assert derive_within(space, equal, costs, costs.cost(free)) == free


def test_a_limit_that_nothing_meets_names_the_smallest_cost():
    space, costs = get_space('darts_s0'), costs_of('darts_s0', init_channels=4, layers=3)
    weights = random_weights(space, torch.Generator().manual_seed(0))
    cell = [('max_pool_3x3', source) for _ in range(4) for source in (0, 1)]
    text = f'Genotype(normal={cell}, normal_concat=range(2, 6), reduce={cell}, reduce_concat=range(2, 6))'
    least = costs.cost(space.parse(text))
    reason = rf'no member of space darts_s0 keeps within macs=1; .* macs={least["macs"]}$'
    with pytest.raises(ValueError, match=reason):
        derive_within(space, weights, costs, dict(macs=1))
    assert costs.cost(derive_within(space, weights, costs, least)) == least


def test_a_threshold_goes_with_no_limit():
    space = get_space('darts_s0_sparse')
    weights = random_weights(space, torch.Generator().manual_seed(0))
    with pytest.raises(ValueError, match='derivation.threshold=0.5 leaves nodes without edges'):
        derive_within(space, weights, costs_of('darts_s0_sparse'), dict(macs=1e9), threshold=0.5)
