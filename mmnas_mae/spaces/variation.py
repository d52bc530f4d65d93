"""How a new architecture comes from old ones, beyond what its space does in one step."""

import random
from typing import Optional, Sequence

from .genotype import Edge, Genotype
from .search_space import SearchSpace


def mutate(
    space: SearchSpace,
    genotype: Genotype,
    generator: random.Random,
    rate: float,
    kinds: Optional[Sequence[str]] = None,
) -> Genotype:
    """Changes each choice with probability ``rate``, at least one.

    Args:
        rate: between 0 and 1.
        kinds: the cell types that may change; None for all.

    Raises:
        ValueError: ``genotype`` is no member of the space, or the only one, or has no such cell.
    """
    count, mutate_once = space.num_choices(genotype), space.mutate
    if kinds is not None:
        if not kinds or not set(kinds) <= set(genotype.cells):
            raise ValueError(f'mutation may change some of the cells {sorted(genotype.cells)}, got {list(kinds)}')
        count = sum(genotype.cells[kind].num_edges for kind in kinds)

        def mutate_once(parent: Genotype, generator: random.Random) -> Genotype:
            near = [child for child in space.neighbours(parent) if _changed(parent, child) <= set(kinds)]
            return generator.choice(near)

    for _ in range(max(1, sum(generator.random() < rate for _ in range(count)))):
        genotype = mutate_once(genotype, generator)
    return genotype


def _changed(parent: Genotype, child: Genotype) -> set[str]:
    return {kind for kind, cell in parent.cells.items() if child.cells[kind] != cell}


def mix(first: Sequence[Edge], second: Sequence[Edge], generator: random.Random) -> list[Edge]:
    """Edges of a node from two parents that have the same number of them."""
    parents = [{source: op for op, source in edges} for edges in (first, second)]
    if any(len(parent) < len(first) for parent in parents):  # two edges from one state: nothing to match them by
        return list(generator.choice((first, second)))
    chosen = {}
    for source in sorted({*parents[0], *parents[1]}):
        op = generator.choice(parents).get(source)
        if op is not None:
            chosen[source] = op
    while len(chosen) > len(first):
        del chosen[generator.choice(sorted(chosen))]
    while len(chosen) < len(first):
        source = generator.choice(sorted({*parents[0], *parents[1]} - set(chosen)))
        chosen[source] = generator.choice([parent[source] for parent in parents if source in parent])
    return [(op, source) for source, op in sorted(chosen.items())]
