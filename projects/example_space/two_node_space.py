"""A search space of small cells, with an operation of its own."""

from typing import Optional

import torch.nn.functional as F
from torch import Tensor, nn

from mmnas_mae.models import OpArgs, Visibility
from mmnas_mae.models.layers.masked_norm import hide
from mmnas_mae.registry import OPS, SPACES
from mmnas_mae.spaces import CellGraph, CellSpace


@OPS.register_module(name='asym_conv_3x3')
class AsymmetricConv(nn.Module):
    """ReLU, a 1x3 and a 3x1 convolution, batch normalisation."""

    def __init__(self, args: OpArgs) -> None:
        super().__init__()
        self.row = nn.Conv2d(args.in_channels, args.out_channels, (1, 3), args.stride, (0, 1), bias=False)
        self.column = nn.Conv2d(args.out_channels, args.out_channels, (3, 1), 1, (1, 0), bias=False)
        self.bn = args.norm()

    def forward(self, x: Tensor, visible: Optional[Visibility] = None) -> Tensor:
        """(B, C, H, W) -> (B, C', H / stride, W / stride)."""
        x = hide(self.row(F.relu(x)), visible)
        return self.bn(hide(self.column(x), visible), visible)


@SPACES.register_module()
def two_node() -> CellSpace:
    """Two nodes on two inputs; each keeps its two strongest edges, never ``none``."""
    cell = CellGraph.dense(2, 2, ('none', 'skip_connect', 'sep_conv_3x3', 'asym_conv_3x3'))
    return CellSpace('two_node', dict(normal=cell, reduce=cell), keep=2, never=('none',))
