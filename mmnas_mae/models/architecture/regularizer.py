"""Losses on operation weights alone."""

from abc import ABCMeta, abstractmethod
from typing import Mapping

from torch import Tensor, nn


class Regularizer(nn.Module, metaclass=ABCMeta):
    """A loss on the operation weights, added in the steps of alpha and of the weights alike.

    Parameters of its own are no architecture parameters: the weight step trains them.
    """

    @abstractmethod
    def forward(self, weights: Mapping[str, Tensor], valid: Mapping[str, Tensor]) -> Tensor:
        """
        Args:
            weights: of each cell type (E, K), zero where not valid.
            valid: of each cell type (E, K) bool, False where an edge has fewer than K candidates.

        Returns:
            Tensor: the loss, 0-dimensional.
        """
