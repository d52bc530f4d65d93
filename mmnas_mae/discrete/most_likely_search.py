"""The selection of SETN."""

import heapq
import math
import random
from itertools import combinations, product
from typing import Mapping, Optional

from torch import Tensor

from ..models import BaseArchitecture
from ..registry import TASK_UTILS
from ..spaces import CellGenotype, CellSpace, Genotype, SearchSpace
from ..utils.ranges import COUNT
from .discrete_search import DiscreteSearch
from .evaluation import Evaluation, Evaluator


@TASK_UTILS.register_module()
class MostLikelySearch(DiscreteSearch):
    """Scores the architectures that alpha makes most likely and keeps the best.

    SETN takes 100 and scores each on a validation batch of its own
    (D-X-Y/AutoDL-Projects: configs/nas-benchmark/algos/SETN.config), which is
    ``InheritedScorer(one_batch=True)`` here.

    Args:
        num: how many.

    Raises:
        ValueError: ``num`` is below 1.
    """

    def __init__(self, num: int = 100) -> None:
        COUNT.check('MostLikelySearch.num', num)
        self.num = num

    def __call__(
        self,
        space: SearchSpace,
        evaluate: Evaluator,
        generator: random.Random,
        arch: Optional[BaseArchitecture] = None,
    ) -> Evaluation:
        """As :class:`DiscreteSearch`; nothing is drawn unless all likely ones are beyond the limit.

        Raises:
            ValueError: there are no architecture parameters over cells.
        """
        if arch is None or not isinstance(space, CellSpace):
            raise ValueError(
                f'MostLikelySearch needs the architecture parameters of a trained search over cells, got '
                f'{"none" if arch is None else f"the space {space.name}"}'
            )
        for genotype in self._within(space, evaluate, arch) or [evaluate.drawn(generator)]:
            evaluate(genotype)
        return evaluate.best

    def _within(self, space: CellSpace, evaluate: Evaluator, arch: BaseArchitecture) -> list[Genotype]:
        """The likely ones within the limit, among as many as it takes."""
        asked = self.num
        while True:
            likely = most_likely(space, arch.strengths(), asked)
            within = list(filter(evaluate.admits, likely))[: self.num]
            if len(within) == self.num or len(likely) < asked or asked >= self.num * evaluate.patience:
                return within
            asked *= 2


def most_likely(space: CellSpace, weights: Mapping[str, Tensor], num: int) -> list[Genotype]:
    """The ``num`` architectures with the largest product of the weights of their edges, the largest first.

    Exact: the weights of the edges multiply, so the best beginnings lead to the best wholes.

    Args:
        weights: for each cell type (E, K) probabilities of the candidates.
    """
    beginnings: list[tuple[float, tuple]] = [(0.0, ())]  # (log probability, nodes)
    for kind, graph in space.cells.items():
        rows = weights[kind].detach().tolist()
        for incoming in graph.incoming():
            options = []
            for kept in combinations(incoming, min(space.keep or len(incoming), len(incoming))):
                edges = [
                    [
                        (math.log(max(rows[e][k], 1e-30)), (op, graph.edges[e][1]))
                        for k, op in enumerate(graph.ops[e])
                        if op not in space.never
                    ]
                    for e in kept
                ]
                options += [(sum(p for p, _ in node), tuple(edge for _, edge in node)) for node in product(*edges)]
            options = heapq.nlargest(num, options, key=lambda option: option[0])
            longer = ((p + q, (*nodes, node)) for p, nodes in beginnings for q, node in options)
            beginnings = heapq.nlargest(num, longer, key=lambda beginning: beginning[0])
    genotypes = []
    for _, nodes in beginnings:
        rest = iter(nodes)
        cells = {
            kind: CellGenotype(tuple(next(rest) for _ in range(graph.num_nodes)), graph.concat)
            for kind, graph in space.cells.items()
        }
        genotypes.append(Genotype(space.name, cells, macro=dict(space.macro)))
    return genotypes
