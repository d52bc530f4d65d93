"""Latency as a sum over the edges of a network, measured once on a device."""

import os
import random
import statistics
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence, Union

from torch import nn

from ..spaces import CellSpace, Genotype
from ..utils.records import read_json, write_json
from .edge_costs import Cost, EdgeCosts
from .latency import measure_latency
from .standalone import build_standalone

#: The state that stands for every node in a table.
NODE = 'node'


@dataclass(frozen=True)
class LatencyTable:
    """Milliseconds of one image: a constant and what each operation adds, over all cells of its type.

    Args:
        base: of the network beside the edges of its cells.
        edges: by cell type, state that the edge leaves (``'0'``, ``'1'`` for inputs, ``'node'`` for all nodes) and
            operation.
        at: the size that it was measured at, as for :class:`mmnas_mae.costs.Budget`; empty where that is not known.
        machine: what it was measured on.
    """

    base: float
    edges: Mapping[str, Mapping[str, Mapping[str, float]]]
    at: Mapping[str, Any] = field(default_factory=dict)
    machine: str = ''

    def edge(self, kind: str, source: int, op: str) -> float:
        """What an operation on an edge that leaves a state adds.

        Raises:
            ValueError: the table lacks it.
        """
        states = self.edges.get(kind, {})
        state = str(source) if str(source) in states else NODE
        if op not in states.get(state, {}):
            raise ValueError(f'the table of latencies lacks {op!r} on an edge from state {source} of cell {kind!r}')
        return states[state][op]

    def latency(self, genotype: Genotype) -> float:
        """What it predicts of the network of a genotype."""
        cells = genotype.cells.items()
        return self.base + sum(
            self.edge(k, source, op) for k, cell in cells for edges in cell.nodes for op, source in edges
        )

    def save(self, path: Union[str, os.PathLike]) -> None:
        """Writes JSON."""
        write_json(path, asdict(self), indent=1)

    @classmethod
    def load(cls, source: Union[str, os.PathLike, Mapping[str, Any], 'LatencyTable']) -> 'LatencyTable':
        """A table from its file, from the content of one, or as it is.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: it has another form.
        """
        if isinstance(source, cls):
            return source
        if not isinstance(source, Mapping):
            if not Path(source).is_file():
                raise FileNotFoundError(f'table of latencies {os.fspath(source)!r} does not exist')
            source = read_json(source)
        try:
            return cls(**source)
        except TypeError:
            raise ValueError(f"a table of latencies has 'base' and 'edges', got {sorted(source)}") from None


def measure_table(
    space: CellSpace,
    at: Optional[Mapping[str, Any]] = None,
    device: str = 'cpu',
    repeats: int = 20,
    networks: Sequence[Genotype] = (),
    machine: str = '',
) -> LatencyTable:
    """Times every operation alone, as it stands in the network, and fits the sum to the times of whole networks.

    Alone an operation does what it shares with others in a network, such as a ReLU on the same state, and finds other
    data in the caches. So its time counts by a factor, the same for all, which the whole networks give with the
    constant (least squares); a factor that is not positive is the noise of the machine, and is left out.

    Args:
        space, at: as for :class:`mmnas_mae.costs.EdgeCosts`.
        device: where.
        repeats: timed runs of each, of which the fastest counts.
        networks: the members whose networks are timed, two at least; by default ten random ones.
        machine: what the table says that it was measured on.
    """

    def clock(module: nn.Module, shape: Sequence[int]) -> Cost:
        return dict(latency_ms=measure_latency(module, shape, repeats, device=device))

    generator = random.Random(0)
    networks = networks or [space.random_genotype(generator) for _ in range(10)]
    costs = EdgeCosts(networks[0], at, clock, device)
    edges: dict[str, dict[str, dict[str, float]]] = {}
    for kind, graph in space.cells.items():
        for (_, source), ops in zip(graph.edges, graph.ops):
            state = edges.setdefault(kind, {}).setdefault(str(source) if source < graph.num_inputs else NODE, {})
            state.update({op: costs.edge(kind, source, op)['latency_ms'] for op in ops})
    alone = LatencyTable(0.0, edges)
    sums = [alone.latency(member) for member in networks]
    whole = [
        measure_latency(build_standalone(member, costs.size, device), costs.size.shape, repeats, device=device)
        for member in networks
    ]
    factor = statistics.linear_regression(sums, whole).slope if len(set(sums)) > 1 else 1.0
    factor = factor if factor > 0 else 1.0
    base = statistics.mean(whole) - factor * statistics.mean(sums)
    scaled = {
        kind: {state: {op: factor * ms for op, ms in ops.items()} for state, ops in states.items()}
        for kind, states in edges.items()
    }
    return LatencyTable(base, scaled, dict(at or {}), machine)
