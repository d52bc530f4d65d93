"""Operations and blocks of NAS-Bench-201 and TransNAS-Bench-101.

D-X-Y/AutoDL-Projects: xautodl/models/cell_operations.py; yawen-d/TransNASBench:
lib/models/net_infer/cell_micro.py.
"""

from dataclasses import replace
from typing import Optional

import torch.nn.functional as F
from torch import Tensor, nn

from ...registry import OPS
from .masked_norm import Visibility, hide
from .ops import ConvBN, Identity, OpArgs, ReLUConvBN


def nor_conv(args: OpArgs, kernel: int) -> ReLUConvBN:
    """``nor_conv``: the convolution has a bias where the normalisation after it has none."""
    return ReLUConvBN(args, kernel, bias=not args.affine)


class AvgPoolConv(nn.Module):
    """Halves the resolution by averaging, then projects; no normalisation.

    Args:
        args: of its channels.
    """

    def __init__(self, args: OpArgs) -> None:
        super().__init__()
        self.conv = nn.Conv2d(args.in_channels, args.out_channels, 1, bias=False)

    def forward(self, x: Tensor, visible: Optional[Visibility] = None) -> Tensor:
        """(B, C, H, W) -> (B, C', H / 2, W / 2), odd sizes rounded up."""
        # ceil_mode keeps pace with the strided convolutions on maps of odd size.
        return hide(self.conv(F.avg_pool2d(x, 2, ceil_mode=True)), visible)


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut, each after a ReLU; the stride is in the first.

    Args:
        args: of the block.
        shortcut: what brings the input to the shape of the output.
    """

    def __init__(self, args: OpArgs, shortcut: nn.Module) -> None:
        super().__init__()
        self.first = ReLUConvBN(args, 3)
        self.second = ReLUConvBN(replace(args, in_channels=args.out_channels, stride=1), 3)
        self.shortcut = shortcut

    def forward(self, x: Tensor, visible: Optional[Visibility] = None) -> Tensor:
        """(B, C, H, W) -> (B, C', H / stride, W / stride)."""
        return self.shortcut(x, visible) + self.second(self.first(x, visible), visible)


def nasbench201_reduction(args: OpArgs) -> BasicBlock:
    """The block of stride 2 between the stages of NAS-Bench-201."""
    return BasicBlock(args, AvgPoolConv(args))


def transnas101_basic(args: OpArgs) -> BasicBlock:
    """The block of the macro networks of TransNAS-Bench-101."""
    same = args.stride == 1 and args.in_channels == args.out_channels
    return BasicBlock(args, Identity() if same else ConvBN(args, 1))


OPS.register_module(name='nor_conv_1x1', module=lambda args: nor_conv(args, 1))
OPS.register_module(name='nor_conv_3x3', module=lambda args: nor_conv(args, 3))
OPS.register_module(name='nasbench201_reduction', module=nasbench201_reduction)
OPS.register_module(name='transnas101_basic', module=transnas101_basic)
