"""A limit on the multiply-adds of an architecture."""

from typing import Any, Sequence

import torch

from ..models.build import build_network
from ..registry import TASK_UTILS
from ..spaces import Genotype
from .complexity import count_macs


@TASK_UTILS.register_module()
class MacsLimit:
    """Whether the stand-alone network of a genotype stays below a number of multiply-adds.

    Args:
        max_macs: the limit, of convolutions and linear layers; 600e6 in RLNAS.
        input_shape: (C, H, W) of an image.
        num_classes: number of classes.
        macro: the skeleton, as for :func:`mmnas_mae.apis.build_network`.

    Raises:
        ValueError: the limit is not positive.
    """

    def __init__(
        self,
        max_macs: float,
        input_shape: Sequence[int] = (3, 224, 224),
        num_classes: int = 1000,
        **macro: Any,
    ) -> None:
        if max_macs <= 0:
            raise ValueError(f'MacsLimit.max_macs must be positive, got {max_macs}')
        self.max_macs = max_macs
        self.input_shape = tuple(input_shape)
        self.num_classes = num_classes
        self.macro = macro

    def __call__(self, genotype: Genotype) -> bool:
        """Whether the network keeps within the limit."""
        return self.macs(genotype) <= self.max_macs

    def macs(self, genotype: Genotype) -> int:
        """Multiply-adds of the network, by :func:`mmnas_mae.costs.count_macs`."""
        with torch.device('meta'):
            network = build_network(genotype.space, genotype, self.num_classes, **self.macro)
            return count_macs(network, self.input_shape)
