"""What a search may find."""

from abc import ABC, abstractmethod
from typing import Any, Mapping, Optional

from torch import Tensor

from ...spaces import CellSpace, Genotype


class ArchitectureLimit(ABC):
    """A limit on what a :class:`CellArchitecture` derives, and what draws it there.

    It holds nothing that is trained; what it needs to go on is the business of the hook that sets it.
    """

    @abstractmethod
    def loss(self, strengths: Mapping[str, Tensor], edges: Optional[Mapping[str, Tensor]] = None) -> Tensor:
        """What is added in the steps of alpha and of the weights.

        Args:
            strengths: of each cell type (E, K) what derivation ranks.
            edges: of each cell type (E,) strengths of the edges, where they have their own.

        Returns:
            Tensor: the loss, 0-dimensional.
        """

    @abstractmethod
    def derive(self, space: CellSpace, strengths: Mapping[str, Tensor], **settings: Any) -> Genotype:
        """The architecture within the limit that the strengths stand for; as :func:`mmnas_mae.spaces.discretize`."""

    @abstractmethod
    def describe(self, genotype: Genotype) -> dict[str, Any]:
        """The limit and what an architecture has of it, as JSON can hold it, for the ``meta`` of the genotype."""
