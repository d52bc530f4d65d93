"""The angle metric of RLNAS."""

import math
from typing import Mapping, NamedTuple

from torch import Tensor, nn

from ..models import Cell
from ..models.architecture.mixed_op import MixedOp
from ..models.layers.ops import Identity, Pool
from ..registry import TASK_UTILS
from ..spaces import CellGenotype, Genotype
from .evaluation import Scorer
from .search_run import SearchRun

IDENTITIES = ('eye', 'empty')


class Moments(NamedTuple):
    """Of two weight vectors: their product and their squared norms."""

    dot: float = 0.0
    initial: float = 0.0
    trained: float = 0.0

    def __add__(self, other: 'Moments') -> 'Moments':
        return Moments(*(a + b for a, b in zip(self, other)))

    def times(self, count: int) -> 'Moments':
        """Of as many copies of the two vectors."""
        return Moments(*(count * value for value in self))


@TASK_UTILS.register_module()
class AngleScorer(Scorer):
    """The angle between the weights of a child before and after the search, in radians.

    The weight vector of a child enumerates, in each cell, the paths from an input to a
    node of the output and concatenates the weights of the operations along each; the
    weights outside the candidates (stem, preprocessing, normalisations, head or decoder)
    come once (megvii-model/RLNAS: evolution_search/test_server.py). An operation without
    weights stands in as a constant: pooling as a 3x3 kernel of 1/9 for each channel, the
    identity as an identity matrix. A path through ``none`` counts for nothing, and a cell
    in which no path is left makes the angle zero.

    An edge on n paths adds its products n times, so that no vector is ever built.

    Args:
        run: the trained search, with its initial weights.
        identity: ``eye``, or ``empty`` for an identity that adds nothing, as in the code
            for NAS-Bench-201.

    Raises:
        ValueError: there are no initial weights, or the network does not consist of cells.
    """

    needs_run = True
    needs_weights = True

    def __init__(self, run: SearchRun, identity: str = 'eye') -> None:
        if identity not in IDENTITIES:
            raise ValueError(f'AngleScorer.identity must be one of {IDENTITIES}, got {identity!r}')
        if run.initial is None:
            raise ValueError('AngleScorer needs the weights before the search; set initial to their file')
        self.run = run
        self.identity = identity
        model, initial = run.model, run.initial
        trained = model.state_dict()
        if set(initial) != set(trained):
            name = min(set(initial) ^ set(trained))
            raise ValueError(f'the weights before the search are of another model: only one of the two has {name!r}')
        cells = {name: m for name, m in model.named_modules() if isinstance(m, Cell) and m.edges}
        cells = {name: cell for name, cell in cells.items() if all(isinstance(edge, MixedOp) for edge in cell.edges)}
        if not cells:
            raise ValueError(f'{type(model.backbone).__name__} has no cells of mixed operations; the angle needs them')
        #: Of each cell: its type and the moments of each (node, source, operation).
        self.cells: list[tuple[str, dict[tuple[int, int, str], Moments]]] = []
        alphas = {id(parameter) for parameter in model.arch.parameters()}
        inside = {name for name, parameter in model.named_parameters() if id(parameter) in alphas}
        for name, cell in cells.items():
            table = {}
            for e, (edge, pair, ops) in enumerate(zip(cell.edges, cell.graph.edges, cell.graph.ops)):
                for k, op in enumerate(ops):
                    prefix = f'{name}.edges.{e}.ops.{k}.'
                    names = [prefix + own for own, _ in edge.ops[k].named_parameters()]
                    inside.update(names)
                    table[(*pair, op)] = self._constant(edge.ops[k], edge) + _moments(names, initial, trained)
            self.cells.append((cell.kind, table))
        outside = [name for name, _ in model.named_parameters() if name not in inside]
        self.outside = _moments(outside, initial, trained)

    def _constant(self, op: nn.Module, edge: MixedOp) -> Moments:
        channels = edge.args.in_channels
        if isinstance(op, Pool):
            return Moments(*[channels / 9] * 3)  # nine times (1 / 9)^2
        if isinstance(op, Identity) and self.identity == 'eye':
            return Moments(*[float(channels)] * 3)
        return Moments()

    def __call__(self, genotype: Genotype) -> float:
        """The angle of a child, between 0 and pi.

        Raises:
            ValueError: ``genotype`` is no member of the space.
        """
        space = self.run.space
        space.validate(genotype)
        counts = {kind: count_paths(genotype.cells[kind], graph.num_inputs) for kind, graph in space.cells.items()}
        if not all(any(edges.values()) for edges in counts.values()):
            return 0.0
        total = self.outside
        for kind, table in self.cells:
            for edge, count in counts[kind].items():
                total = total + table[edge].times(count)
        cosine = total.dot / math.sqrt(total.initial * total.trained)
        return math.acos(min(1.0, max(-1.0, cosine)))


def count_paths(cell: CellGenotype, num_inputs: int) -> dict[tuple[int, int, str], int]:
    """On how many paths from an input to a state of the output each edge (node, source, operation) lies."""
    edges = [
        (node, source, op) for node, ends in enumerate(cell.nodes, num_inputs) for op, source in ends if op != 'none'
    ]
    states = num_inputs + len(cell.nodes)
    into = [1] * num_inputs + [0] * len(cell.nodes)
    for node, source, _ in sorted(edges):
        into[node] += into[source]
    onward = [int(state in cell.concat) for state in range(states)]
    for node, source, _ in sorted(edges, reverse=True):
        onward[source] += onward[node]
    counts: dict[tuple[int, int, str], int] = {}
    for node, source, op in edges:
        counts[node, source, op] = counts.get((node, source, op), 0) + into[source] * onward[node]
    return counts


def _moments(names: list[str], initial: Mapping[str, Tensor], trained: Mapping[str, Tensor]) -> Moments:
    total = Moments()
    for name in names:
        a, b = (state[name].detach().double().flatten().cpu() for state in (initial, trained))
        total = total + Moments(float(a @ b), float(a @ a), float(b @ b))
    return total
