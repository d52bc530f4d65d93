"""How a new architecture comes from old ones, in any space."""

import random
from typing import Optional

from . import CellGenotype, CellSpace, Genotype, SearchSpace


def mutate(space: SearchSpace, genotype: Genotype, generator: random.Random, rate: float) -> Genotype:
    """Changes each choice with probability ``rate``, at least one.

    The choices are the edges of the cells, or where there are none the modules of the
    skeleton.
    """
    choices = sum(cell.num_edges for cell in genotype.cells.values()) or len(str(genotype.macro.get('modules', ' ')))
    for _ in range(max(1, sum(generator.random() < rate for _ in range(choices)))):
        genotype = space.mutate(genotype, generator)
    return genotype


def crossover(space: SearchSpace, first: Genotype, second: Genotype, generator: random.Random) -> Optional[Genotype]:
    """A child of two members, every choice of it from one of them; None where the two cannot be mixed.

    In a space of cells each node takes, source by source, the edge of one parent, as
    RLNAS does, and where it then has too many edges or too few, loses random ones or gains
    random ones of the parents. Members that are not alike in their skeleton are mixed only
    by a method ``crossover`` of their space.
    """
    own = getattr(space, 'crossover', None)
    if own is not None:
        return own(first, second, generator)
    if not isinstance(space, CellSpace) or first.macro != second.macro:
        return None
    cells = {}
    for kind, cell in first.cells.items():
        pairs = zip(cell.nodes, second.cells[kind].nodes)
        nodes = tuple(tuple(_mix(a, b, generator)) for a, b in pairs)
        cells[kind] = CellGenotype(nodes, cell.concat)
    child = Genotype(space.name, cells, macro=dict(first.macro))
    try:
        space.validate(child)
    except ValueError:
        # A space with more rules than edges for each node.
        return None
    return child


def _mix(first: tuple, second: tuple, generator: random.Random) -> list:
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
