"""What a search has come to: whether it has decided, and whether what it found has collapsed.

One rule for all who show a result. It reads what :meth:`mmnas_mae.models.SearchModel.genotype`
has put under ``decision`` in the ``meta`` of a genotype, so that a file says it as well as a run.
"""

from dataclasses import dataclass
from typing import Any, Mapping, Optional, Sequence

from .genotype import CellGenotype
from .search_space import SearchSpace

#: How many times the chosen operation of an edge weighs the next best, on average, once a search has decided.
DECIDED_RATIO = 1.5
#: Entropy of alpha below which a search has decided whose choices are no edges with weights.
DECIDED_ENTROPY = 0.9
#: Share of the edges of a cell above which edges without weights are a collapse.
COLLAPSE_RATIO = 0.5
#: What a decision says beside the sureness of each edge.
_KNOWN = ('entropy', 'ratio', 'changed', 'window', 'collapse_ratio', 'decided_ratio')
#: More than any search needs, and what JSON can hold where an edge has no second choice left.
_LARGEST_RATIO = 1e6


@dataclass(frozen=True)
class Verdict:
    """What can be said of a derived architecture.

    Args:
        kind: the first cell type, in which DARTS collapses; None for an architecture without cells.
        edges: edges of that cell.
        weightless: of these, how many carry each operation that has no weights.
        entropy: of alpha, mean over its choices, 1 = uniform; None where it was not recorded.
        ratio: how many times the chosen operation of a derived edge weighs the next best, the
            geometric mean over all such edges; None where choices are no edges with weights.
        changed: in how many of the epochs of ``window`` the architecture was another one.
        window: the last third of the epochs; 0 where nothing is known of earlier ones.
        collapse_ratio: share of weightless edges above which the cell has collapsed.
        decided_ratio: the smallest ``ratio`` of a search that has decided.
    """

    kind: Optional[str]
    edges: int
    weightless: Mapping[str, int]
    entropy: Optional[float] = None
    ratio: Optional[float] = None
    changed: int = 0
    window: int = 0
    collapse_ratio: float = COLLAPSE_RATIO
    decided_ratio: float = DECIDED_RATIO

    @property
    def collapsed(self) -> bool:
        """Whether most edges carry operations without weights."""
        return sum(self.weightless.values()) > self.collapse_ratio * self.edges

    @property
    def decided(self) -> Optional[bool]:
        """Whether alpha prefers what was derived, and has for a while; None where nothing is known of alpha."""
        if self.ratio is not None:
            return self.ratio >= self.decided_ratio and not self.changed
        if self.entropy is not None:
            return self.entropy <= DECIDED_ENTROPY and not self.changed
        return None

    def reasons(self) -> dict[str, str]:
        """Why the architecture should not be relied on: a sentence for ``undecided`` and one for ``collapsed``."""
        out = {}
        if self.decided is False:
            facts = []
            if self.ratio is not None:
                facts.append(
                    f'the operation of an edge weighs {self.ratio:.3g} times the next best on average '
                    f'({self.decided_ratio:g} would be a choice)'
                )
            if self.entropy is not None:
                facts.append(f'entropy of alpha {self.entropy:.4f}')
            if self.changed:
                facts.append(f'{self.changed} of the last {self.window} epochs had another architecture')
            out['undecided'] = f'undecided: {", ".join(facts)}'
        if self.collapsed:
            found = ', '.join(f'{count} {op}' for op, count in self.weightless.items() if count)
            cell = 'the cell' if self.kind == 'cell' else f'the {self.kind} cell'
            total = sum(self.weightless.values())
            out['collapsed'] = f'collapsed: {total} of {self.edges} edges of {cell} carry no weights ({found})'
        return out


def judge(
    cells: Mapping[str, CellGenotype],
    space: SearchSpace,
    decision: Optional[Mapping[str, Any]] = None,
    earlier: Sequence[Mapping[str, CellGenotype]] = (),
    **limits: float,
) -> Verdict:
    """The verdict on derived cells.

    Args:
        cells: the cells.
        space: their space.
        decision: ``entropy``, ``ratio``, ``changed``, ``window`` and the limits, as far as they are known.
        earlier: the cells after each earlier epoch, in order; replaces ``changed`` and ``window``.
        limits: ``collapse_ratio`` and ``decided_ratio`` of :class:`Verdict`, in place of those of ``decision``.
    """
    known = {key: value for key, value in (decision or {}).items() if key in _KNOWN}
    if earlier:
        window = -(-(len(earlier) + 1) // 3)
        recent = earlier[len(earlier) + 1 - window :]
        known.update(changed=sum(dict(other) != dict(cells) for other in recent), window=window)
    kind = next(iter(cells), None)
    cell = cells.get(kind)
    weightless = {op: cell.count(op) for op in space.weightless_ops} if cell else {}
    return Verdict(kind, cell.num_edges if cell else 0, weightless, **{**known, **limits})


def edge_ratio(chosen: float, others: Sequence[float]) -> Optional[float]:
    """How many times the weight of an operation is the largest of the others; None where there are none."""
    if not others:
        return None
    other = max(others)
    ratio = chosen / other if other > 0 else _LARGEST_RATIO
    return min(max(ratio, 1 / _LARGEST_RATIO), _LARGEST_RATIO)
