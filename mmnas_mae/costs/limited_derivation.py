"""The architecture that weights stand for among those that keep within a limit, exactly."""

from bisect import bisect_right
from itertools import combinations, product
from operator import add, le
from typing import Iterable, Mapping, NamedTuple, Optional, Sequence

from torch import Tensor

from ..spaces import CellGenotype, CellSpace, Genotype, discretize
from ..spaces.discretize import never_derived
from ..spaces.genotype import Edge
from .edge_costs import EdgeCosts

#: Strengths are added as whole numbers of this fraction, so that no sum depends on its order.
_UNIT = 2**52
#: A strength of an edge counts before all of operations (ROME, which ranks edges by parameters of their own).
_EDGE_UNIT = 2**116


class Part(NamedTuple):
    """A choice of the edges of one node or of several.

    Args:
        strength: sum over its edges.
        costs: sum over its edges, one for each limit.
        nodes: the edges of each node.
    """

    strength: int
    costs: tuple[float, ...]
    nodes: tuple[tuple[Edge, ...], ...]


def derive_within(
    space: CellSpace,
    weights: Mapping[str, Tensor],
    edge_costs: EdgeCosts,
    limits: Mapping[str, float],
    exclude_none: Optional[bool] = None,
    edges: Optional[Mapping[str, Tensor]] = None,
    threshold: Optional[float] = None,
    max_skips: Optional[int] = None,
) -> Genotype:
    """Of the members that keep within the limits, the one with the largest sum of the strengths of its edges.

    Without limits that is what :func:`mmnas_mae.spaces.discretize` derives, which is returned where it keeps within
    them, ties included. Else nodes are chosen one after another; of the choices of the first nodes only those stay
    that none is both stronger and cheaper than (a Pareto front), and that the cheapest rest can complete. So nothing
    that could be part of the answer is lost. Of equally strong answers one that is not dearer in every metric is taken,
    then the one with the earlier edges and operations.

    Args:
        space, weights, exclude_none, edges, max_skips: as for :func:`mmnas_mae.spaces.discretize`. Where ``edges`` rank
            edges (ROME), their sum counts first and the weights of operations among equals; ``max_skips`` is one more
            limit.
        edge_costs: of the networks.
        limits: by metric.

    Raises:
        ValueError: as :func:`mmnas_mae.spaces.discretize`; a threshold is given; or no member keeps within the limits,
            with the smallest possible cost.
    """
    if threshold is not None:
        raise ValueError(
            f'derivation.threshold={threshold} leaves nodes without edges, which no budget knows: leave out one of both'
        )
    free = discretize(space, weights, exclude_none, edges, max_skips=max_skips)
    cost = edge_costs.cost(free)
    if all(cost[metric] <= limit for metric, limit in limits.items()):
        return free
    base = edge_costs.base(free)
    first = next(iter(space.cells))
    room = [limit - base[metric] for metric, limit in limits.items()]
    room += [] if max_skips is None else [max_skips]
    never = never_derived(space, exclude_none)
    fronts = []
    for kind, graph in space.cells.items():
        rows = weights[kind].tolist()
        ranks = [0.0] * len(rows) if edges is None else edges[kind].tolist()
        options = []
        for e, (_, source) in enumerate(graph.edges):
            options.append([])
            for k, op in enumerate(graph.ops[e]):
                if op in never:
                    continue
                price = edge_costs.edge(kind, source, op)
                costs = [price[metric] for metric in limits]
                costs += [] if max_skips is None else [int(kind == first and op == space.skip_op)]
                strength = round(rows[e][k] * _UNIT) + round(ranks[e] * _UNIT) * _EDGE_UNIT
                options[e].append(Part(strength, tuple(costs), (((op, source),),)))
        fronts += [_node_front(space, [options[e] for e in incoming]) for incoming in graph.incoming()]
    best = _strongest(fronts, room)
    if best is None:
        least = {metric: base[metric] + _smallest(fronts, d) for d, metric in enumerate(limits)}
        raise ValueError(
            f'no member of space {space.name} keeps within {_words(limits)}; the smallest possible: {_words(least)}'
        )
    return _genotype(space, best.nodes)


def _smallest(fronts: Sequence[Sequence[Part]], place: int) -> float:
    """The smallest sum of one cost over a choice from each front."""
    return sum(min(part.costs[place] for part in front) for front in fronts)


def _node_front(space: CellSpace, options: Sequence[Sequence[Part]]) -> list[Part]:
    """The front of the choices of one node, from the options of the edges that enter it."""
    if space.keep is None:
        front = list(options[0])
        for edge in options[1:]:
            front = _front(_together(parts) for parts in product(front, edge))
        return front
    if space.repeats:
        pairs = [part for edge in options for part in edge]
        return _front(map(_together, combinations(pairs, min(space.keep, len(pairs)))))
    kept = combinations(options, min(space.keep, len(options)))
    return _front(_together(parts) for edges in kept for parts in product(*edges))


def _together(parts: Sequence[Part]) -> Part:
    """Edges of one node."""
    strengths, costs, nodes = zip(*parts)
    return Part(sum(strengths), tuple(map(sum, zip(*costs))), (tuple(edge for (node,) in nodes for edge in node),))


def _strongest(fronts: Sequence[Sequence[Part]], room: Sequence[float]) -> Optional[Part]:
    """The strongest choice of one part from each front within the room; None where there is none."""
    chosen = [Part(0, (0,) * len(room), ())]
    for number, front in enumerate(fronts):
        rest = fronts[number + 1 :]
        left = [whole - _smallest(rest, d) for d, whole in enumerate(room)]
        sums = ((a, b, tuple(map(add, a.costs, b.costs))) for a in chosen for b in front)
        longer = (
            Part(a.strength + b.strength, costs, (*a.nodes, *b.nodes))
            for a, b, costs in sums
            if all(map(le, costs, left))
        )
        chosen = _front(longer)
    return max(chosen, key=lambda part: part.strength, default=None)


def _front(parts: Iterable[Part]) -> list[Part]:
    """Those that no other one is at least as strong and as cheap as; of equal ones the first stays."""
    kept: list[Part] = []
    # The cheapest so far: ascending in the first cost, descending in the second.
    firsts: list[float] = []
    seconds: list[float] = []
    for part in sorted(parts, key=lambda part: (-part.strength, part.costs)):
        first, second, *others = (*part.costs, 0)[: max(2, len(part.costs))]
        if others:
            if any(all(map(le, other.costs, part.costs)) for other in kept):
                continue
        else:
            place = bisect_right(firsts, first)
            if place and seconds[place - 1] <= second:
                continue
            end = place = place - 1 if place and firsts[place - 1] == first else place
            while end < len(firsts) and seconds[end] >= second:
                end += 1
            firsts[place:end], seconds[place:end] = [first], [second]
        kept.append(part)
    return kept


def _genotype(space: CellSpace, nodes: Sequence[tuple[Edge, ...]]) -> Genotype:
    rest, cells = iter(nodes), {}
    for kind, graph in space.cells.items():
        cells[kind] = CellGenotype(tuple(next(rest) for _ in range(graph.num_nodes)), graph.concat)
    return Genotype(space.name, cells, macro=dict(space.macro))


def _words(costs: Mapping[str, float]) -> str:
    return ', '.join(f'{metric}={value:.12g}' for metric, value in costs.items())
