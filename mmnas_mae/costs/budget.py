"""What an architecture may cost at the size at which it will be used."""

import copy
import json
import os
import random
from typing import Any, Mapping, Optional, Union

import torch
from torch import nn

from ..models import found_on
from ..registry import TASK_UTILS
from ..spaces import CellSpace, Genotype, SearchSpace
from .edge_costs import EdgeCosts, NotOfCells, count
from .latency_table import LatencyTable
from .limited_derivation import derive_within
from .standalone import build_standalone, size_at

#: What can be limited.
METRICS = ('macs', 'params', 'latency_ms')


@TASK_UTILS.register_module()
class Budget:
    """Limits on the cost of the stand-alone network of a genotype.

    Args:
        macs: multiply-adds of convolutions and linear layers for one image at most; 600e6 is the limit of the mobile
            setting on ImageNet.
        params: parameters at most.
        latency_ms: milliseconds of one image at most, by the table ``latency``.
        latency: the table, its file or its content; see :class:`mmnas_mae.costs.LatencyTable`.
        at: the size at which the network will be used: ``image_size``, ``num_classes`` and the settings of its
            skeleton, as for :func:`mmnas_mae.costs.standalone.size_at`; for what is left out the usual size counts.

    Attributes:
        limits: by metric.

    Raises:
        FileNotFoundError: the table does not exist.
        ValueError: there is no limit, or one is not positive, or a limit on latency comes without a table of that size.

    Example:
        >>> Budget(macs=600e6, at=dict(init_channels=48, layers=14, stem='imagenet', image_size=224))
    """

    def __init__(
        self,
        macs: Optional[float] = None,
        params: Optional[float] = None,
        latency_ms: Optional[float] = None,
        latency: Union[None, str, os.PathLike, Mapping[str, Any], LatencyTable] = None,
        at: Optional[Mapping[str, Any]] = None,
    ) -> None:
        limits = zip(METRICS, (macs, params, latency_ms))
        self.limits = {name: limit for name, limit in limits if limit is not None}
        if not self.limits:
            raise ValueError('budget must limit macs, params or latency_ms, got none of them')
        for name, limit in self.limits.items():
            if limit <= 0:
                raise ValueError(f'budget.{name} must be positive, got {limit}')
        self.at = dict(at or {})
        self.latencies = None if latency is None else LatencyTable.load(latency)
        if latency_ms is not None and self.latencies is None:
            raise ValueError('budget.latency_ms needs budget.latency, a table of tools/speed/latency_table.py')
        if self.latencies is not None and self.latencies.at and _plain(self.latencies.at) != _plain(self.at):
            raise ValueError(f'budget.latency is a table at {dict(self.latencies.at)}, and budget.at is {self.at}')
        self._network: Optional[nn.Module] = None
        self._edge_costs: dict[str, Optional[EdgeCosts]] = {}

    def on(self, network: nn.Module) -> 'Budget':
        """The same limits for what a search network finds: its skeleton counts, and its stem, strides and images."""
        other = copy.copy(self)
        other._network, other._edge_costs = network, {}
        return other

    def __call__(self, genotype: Genotype) -> bool:
        """Whether the network keeps within every limit."""
        return self.keeps(self.cost(genotype))

    def keeps(self, cost: Mapping[str, float]) -> bool:
        """Whether a cost is within every limit."""
        return all(cost[metric] <= limit for metric, limit in self.limits.items())

    def cost(self, genotype: Genotype) -> dict[str, float]:
        """What the network costs: ``params``, ``macs`` and, where there is a table, ``latency_ms``.

        Raises:
            ValueError: there is no such network at this size.
        """
        edge_costs = self.edge_costs(genotype)
        if edge_costs is not None:
            return edge_costs.cost(genotype)
        if self.latencies is not None:
            raise ValueError(
                f'the latency of a network of {genotype.space!r} is no sum over edges; budget.latency fits none'
            )
        return self.cost_at(genotype, self.at)

    def cost_at(self, genotype: Genotype, at: Mapping[str, Any]) -> dict[str, float]:
        """What the network costs at some size, counted as a whole, without its latency.

        Args:
            at: the size, in place of that of the budget.

        Raises:
            ValueError: there is no such network at this size.
        """
        genotype = self._found(genotype)
        size = size_at(genotype, **at)
        with torch.device('meta'):
            return count(build_standalone(genotype, size), size.shape)

    def edge_costs(self, genotype: Genotype) -> Optional[EdgeCosts]:
        """The costs of the edges in networks such as that of a genotype, which are measured once.

        None where the network is none of cells, so that each has to be counted.
        """
        genotype = self._found(genotype)
        kind = json.dumps([genotype.space, genotype.skeleton, dict(genotype.search)], default=repr)
        if kind not in self._edge_costs:
            try:
                self._edge_costs[kind] = (
                    EdgeCosts(genotype, self.at, latencies=self.latencies) if genotype.cells else None
                )
            except NotOfCells:
                self._edge_costs[kind] = None
        return self._edge_costs[kind]

    def _found(self, genotype: Genotype) -> Genotype:
        return genotype if self._network is None else found_on(genotype, self._network)

    def draw(self, space: SearchSpace, generator: random.Random) -> Genotype:
        """A random member of a space within the limits: the one that is derived from random weights.

        Unlike a draw that is repeated until it fits, it finds one wherever there is one.

        Raises:
            ValueError: no member keeps within the limits, with the smallest possible cost; or members of the space
                are none of cells.
        """
        member = space.random_genotype(generator)
        edge_costs = self.edge_costs(member)
        if edge_costs is None or not isinstance(space, CellSpace):
            raise ValueError(f'no member of space {space.name} was found that keeps within the budget {self.limits}')
        weights = {
            kind: torch.tensor([[generator.random() for _ in range(graph.max_ops)] for _ in graph.edges])
            for kind, graph in space.cells.items()
        }
        return derive_within(space, weights, edge_costs, self.limits)

    def check(self, space: SearchSpace) -> None:
        """Refuses limits that no member of a space of cells keeps within; others are found out by searching.

        Raises:
            ValueError: none does, with the smallest possible cost.
        """
        member = space.random_genotype(random.Random(0))
        if isinstance(space, CellSpace) and self.edge_costs(member) is not None:
            self.draw(space, random.Random(0))

    def describe(self, genotype: Genotype) -> dict[str, Any]:
        """The limits, the size and the cost there, for the ``meta`` of a genotype."""
        return dict(limits=dict(self.limits), at=dict(self.at), cost=self.cost(genotype))


def cost_words(cost: Mapping[str, float]) -> str:
    """A cost for a reader: ``571.1 M macs, 5.271 M params, 20.10 ms``."""
    forms = dict(macs=(1e6, '{:.1f} M macs'), params=(1e6, '{:.3f} M params'), latency_ms=(1, '{:.2f} ms'))
    return ', '.join(form.format(cost[metric] / unit) for metric, (unit, form) in forms.items() if metric in cost)


def _plain(at: Mapping[str, Any]) -> dict[str, Any]:
    """A size as a file of JSON holds it."""
    return json.loads(json.dumps(dict(at)))
