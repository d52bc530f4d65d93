"""What the library asks of any architecture parameters."""

from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Iterator, Mapping, Optional, Sequence, Union

import torch
from torch import Tensor, nn

from ...spaces import CellGenotype, Genotype, SearchSpace
from .architecture_limit import ArchitectureLimit

#: An architecture to run: a derived one, or operation weights of each cell type, (E, K).
Choice = Union[Genotype, Mapping[str, Tensor]]


@dataclass(frozen=True)
class ChoiceTable:
    """The weights of all choices of one kind, for a reader.

    Args:
        title: what is chosen, such as ``normal cell: operations``.
        rows: names of the E choices, such as ``input 1 → node 0``.
        columns: names of the K candidates.
        weights (Tensor): (E, K), NaN where a choice has fewer candidates.
        chosen (Tensor): (E, K) bool, True where the derived architecture has the candidate.
    """

    title: str
    rows: Sequence[str]
    columns: Sequence[str]
    weights: Tensor
    chosen: Tensor


class BaseArchitecture(nn.Module):
    """Architecture parameters (alpha), and what they say a search network runs on.

    By itself it is that of a network with nothing to choose: no parameters, no draws. A
    search network has a subclass of it as ``arch`` and asks :meth:`sample` in each forward
    pass; a subclass gives :meth:`draw`, :meth:`hold`, :meth:`genotype` and :meth:`entropy`,
    and of the rest what makes sense for it.

    Attributes:
        space: the search space; None where there is nothing to choose.
        samples: forward passes whose mean loss a step minimises.
        runs_all: whether each forward pass runs every candidate, so that the graph of the
            network stays the same (:class:`mmnas_mae.CompileHook` needs that).
        perturbable: whether :meth:`weights` are points of a simplex, (E, K) for each cell type,
            that the network can run on (:class:`mmnas_mae.PerturbationHook` moves them).
        temperature: 0-dimensional buffer that a forward pass reads, changed by
            :class:`mmnas_mae.TemperatureHook`; None where draws have none.
        limit: what :meth:`genotype` keeps within, set by :class:`mmnas_mae.BudgetHook`; None for no limit.
        alpha_step: whether the forward pass is one of the alpha step, in which the network has
            to depend on alpha; set by :meth:`in_alpha_step`.
    """

    space: Optional[SearchSpace] = None
    samples = 1
    runs_all = False
    perturbable = False
    temperature: Optional[Tensor] = None
    limit: Optional[ArchitectureLimit] = None
    alpha_step = False
    _held: Any = None

    @property
    def rule(self) -> str:
        """What turns parameters into choices, for messages."""
        return type(self).__name__

    def alpha(self) -> dict[str, nn.Parameter]:
        """The architecture parameters by name: what the alpha step moves and the history records."""
        return dict(self.named_parameters())

    def sample(self) -> Any:
        """What the network runs on in one forward pass: what :meth:`fixed` holds, else a :meth:`draw`."""
        return self.draw() if self._held is None else self._held

    def draw(self) -> Any:
        """What the parameters say that the network runs on, drawn anew where they draw.

        Network and architecture agree on what it is. In eval mode it is the most likely.
        """
        return None

    def hold(self, choice: Choice) -> Any:
        """What :meth:`draw` would give for one given architecture.

        Args:
            choice: a member of the space or, where ``perturbable``, weights like :meth:`weights`.

        Raises:
            ValueError: it is no member of the space, or the network cannot run a single one.
        """
        raise ValueError(f'{self.rule} cannot run a single architecture: it has nothing to choose from')

    @contextmanager
    def fixed(self, choice: Choice) -> Iterator[None]:
        """The network runs ``choice`` within the context, whatever the parameters say.

        Args:
            choice: as for :meth:`hold`.

        Raises:
            ValueError: as :meth:`hold`.
        """
        with self.holding(self.hold(choice)):
            yield

    @contextmanager
    def holding(self, held: Any) -> Iterator[None]:
        """:meth:`sample` gives ``held`` within the context, what :meth:`hold` gave; None lets it draw."""
        before, self._held = self._held, held
        try:
            yield
        finally:
            self._held = before

    @property
    def held(self) -> Any:
        """What :meth:`fixed` holds, None outside it."""
        return self._held

    @contextmanager
    def in_alpha_step(self) -> Iterator[None]:
        """Forward passes within the context depend on alpha, so that its gradient can be taken."""
        before, self.alpha_step = self.alpha_step, True
        try:
            yield
        finally:
            self.alpha_step = before

    def weights(self) -> dict[str, Tensor]:
        """(E, K) weights of the candidates of each choice, by cell type, without any draw."""
        return {}

    def valid(self, kind: str) -> Tensor:
        """(E, K) bool, False where a choice of a cell type has fewer than K candidates."""
        return torch.ones_like(self.weights()[kind], dtype=torch.bool)

    def strengths(self) -> dict[str, Tensor]:
        """What derivation ranks, in the shape of :meth:`weights`."""
        return self.weights()

    def regularization(self) -> dict[str, Tensor]:
        """Losses on the architecture alone, added in the steps of alpha and of the weights."""
        return {}

    def genotype(self, exclude_none: Optional[bool] = None) -> Genotype:
        """The architecture that the current parameters stand for.

        Args:
            exclude_none: overrides the space's rule on the operation ``none``; None follows it.

        Raises:
            ValueError: there are no parameters, or they are not finite.
        """
        raise ValueError(f'{self.rule} has no architecture parameters to derive from')

    def entropy(self) -> float:
        """How open the choices are, from 0 to 1 (1 = undecided)."""
        return 0.0

    def ratios(self, cells: Mapping[str, CellGenotype]) -> dict[str, list[list[Optional[float]]]]:
        """How sure each derived edge is: how many times its operation weighs the next best that could be derived.

        Args:
            cells: the derived cells.

        Returns:
            dict: for each cell type and node a number for each edge, None where it had no other
            candidate; empty where the choices are no edges with weights.
        """
        return {}

    def choices(self, cells: Mapping[str, CellGenotype]) -> list[ChoiceTable]:
        """The current weights for a report, one table for each kind of choice; empty shows none.

        Args:
            cells: the derived cells, which ``chosen`` refers to.
        """
        return []
