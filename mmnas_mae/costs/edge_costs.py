"""The cost of a derived network as a constant and a sum over the edges of its cells."""

from dataclasses import dataclass, replace
from typing import Any, Callable, Mapping, Optional, Protocol, Sequence

import torch
from torch import Tensor, nn

from ..models.architecture.cell import Cell
from ..models.layers.ops import OpArgs, build_op
from ..spaces import CellSpace, Genotype
from .complexity import measure_complexity
from .standalone import build_standalone, size_at

#: A cost by metric, such as ``params`` and ``macs``.
Cost = Mapping[str, float]
#: What a module costs on an image or a feature of a shape (C, H, W).
Meter = Callable[[nn.Module, Sequence[int]], Cost]


def count(module: nn.Module, shape: Sequence[int]) -> dict[str, int]:
    """Parameters and multiply-adds, by :func:`mmnas_mae.costs.measure_complexity`."""
    return dict(vars(measure_complexity(module, shape)))


@dataclass(frozen=True)
class Place:
    """A cell of the network: what its edges are built from and which states they read.

    Args:
        kind: the cell type.
        args: for each input, and last for a node, what the operation of an edge that leaves it is built from.
        shapes: (C, H, W) of these states.
    """

    kind: str
    args: tuple[OpArgs, ...]
    shapes: tuple[tuple[int, ...], ...]


class Latencies(Protocol):
    """Milliseconds of a network, edge by edge, such as :class:`mmnas_mae.costs.LatencyTable`."""

    base: float

    def edge(self, kind: str, source: int, op: str) -> float:
        """What an operation on an edge that leaves a state adds."""


class NotOfCells(ValueError):
    """A network has no sum over the edges of its cells."""


class EdgeCosts:
    """What the stand-alone networks of a space cost, edge by edge.

    One member is built at the given size and run, which shows the cells of the network and their features; then each
    operation is built and measured as it stands there. What is left of the network is a constant, which depends on the
    number of states that each cell type concatenates and on nothing else of the architecture. For parameters and
    multiply-adds the sum is exact.

    Args:
        reference: any member of the space; its skeleton and the settings of the search that found it are those of all.
        at: the size, as for :func:`mmnas_mae.costs.standalone.size_at`.
        meter: what is measured, :func:`count` by default.
        device: where; on ``meta`` nothing is computed.
        latencies: adds ``latency_ms`` to what is measured.

    Attributes:
        size: the size.

    Raises:
        NotOfCells: the network does not consist of the cells of its genotype.
        ValueError: the network cannot be built at this size.
    """

    def __init__(
        self,
        reference: Genotype,
        at: Optional[Mapping[str, Any]] = None,
        meter: Meter = count,
        device: str = 'meta',
        latencies: Optional[Latencies] = None,
    ) -> None:
        self.size = size_at(reference, **(at or {}))
        self.meter = meter
        self.device = device
        self.latencies = latencies
        self._origin = reference
        #: By the number of concatenated states of each cell type.
        self._bases: dict[tuple[int, ...], Cost] = {}
        #: By cell type, state and operation.
        self._known: dict[tuple[str, int, str], Cost] = {}
        self._measured: dict[tuple[str, OpArgs, tuple[int, ...]], Cost] = {}
        self._places = self._look(self._build(reference))
        if {place.kind for place in self._places} != set(reference.cells):
            raise NotOfCells(f'the network of {reference.space!r} does not consist of the cells of its genotypes')

    def cost(self, genotype: Genotype) -> dict[str, float]:
        """What the network of a member costs."""
        return _added([self.base(genotype), self._edges(genotype)])

    def base(self, genotype: Genotype) -> Cost:
        """What the network of a member costs beside the edges of its cells."""
        # An architecture that derivation was told to give need not be a member, and so be built.
        alike = self._origin if self._outputs(self._origin) == self._outputs(genotype) else genotype
        outputs = self._outputs(alike)
        if outputs not in self._bases:
            whole, edges = self.meter(self._build(alike), self.size.shape), self._edges(alike)
            base = {metric: value - edges.get(metric, 0) for metric, value in whole.items()}
            self._bases[outputs] = base if self.latencies is None else {**base, 'latency_ms': self.latencies.base}
        return self._bases[outputs]

    def _outputs(self, genotype: Genotype) -> tuple[int, ...]:
        return tuple(len(genotype.cells[kind].concat) for kind in self._origin.cells)

    def edge(self, kind: str, source: int, op: str) -> Cost:
        """What an operation on an edge that leaves a state costs, over all cells of a type."""
        places = [place for place in self._places if place.kind == kind]
        # All edges that leave a node are alike.
        state = min(source, len(places[0].args) - 1)
        if (kind, state, op) not in self._known:
            costs = [self._measure(op, place.args[state], place.shapes[state]) for place in places]
            cost = _added(costs)
            if self.latencies is not None:
                cost['latency_ms'] = self.latencies.edge(kind, source, op)
            self._known[kind, state, op] = cost
        return self._known[kind, state, op]

    def table(self, space: CellSpace) -> dict[str, list[list[Cost]]]:
        """The cost of each candidate of each edge, for each cell type of a space."""
        return {
            kind: [[self.edge(kind, source, op) for op in ops] for (_, source), ops in zip(graph.edges, graph.ops)]
            for kind, graph in space.cells.items()
        }

    def _edges(self, genotype: Genotype) -> dict[str, float]:
        return _added(
            self.edge(kind, source, op)
            for kind, cell in genotype.cells.items()
            for edges in cell.nodes
            for op, source in edges
        )

    def _measure(self, op: str, args: OpArgs, shape: tuple[int, ...]) -> Cost:
        if (op, args, shape) not in self._measured:
            with torch.device(self.device):
                self._measured[op, args, shape] = self.meter(build_op(op, args).eval(), shape)
        return self._measured[op, args, shape]

    def _build(self, genotype: Genotype) -> nn.Module:
        alike = replace(genotype, skeleton=self._origin.skeleton, search=self._origin.search)
        return build_standalone(alike, self.size, self.device)

    @torch.no_grad()
    def _look(self, network: nn.Module) -> list[Place]:
        """The cells of a network, in the order in which an image passes them."""
        places, shapes = [], {}

        def see_state(module: nn.Module, inputs: Any, output: Tensor) -> None:
            shapes[module] = tuple(output.shape[1:])

        def see_cell(cell: Cell, inputs: Any, output: Tensor) -> None:
            node = (cell.args.out_channels, *output.shape[2:])
            states = range(cell.graph.num_inputs + 1)
            places.append(
                Place(cell.kind, tuple(map(cell.edge_args, states)), (*(shapes[m] for m in cell.preprocess), node))
            )

        for cell in [module for module in network.modules() if isinstance(module, Cell)]:
            cell.register_forward_hook(see_cell)
            for module in cell.preprocess:
                module.register_forward_hook(see_state)
        with torch.device(self.device):
            network(torch.zeros(1, *self.size.shape))
        return places


def _added(costs: Any) -> dict[str, float]:
    total: dict[str, float] = {}
    for cost in costs:
        for metric, value in cost.items():
            total[metric] = total.get(metric, 0) + value
    return total
