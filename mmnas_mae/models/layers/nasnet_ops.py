"""Operations of NASNet beyond those of DARTS (quark0/darts: cnn/operations.py; facebookresearch/unnas:
pycls/models/nas/operations.py)."""

from typing import Hashable, Optional

import torch.nn.functional as F
from torch import Tensor, nn

from ...registry import OPS
from .cell_state import ReLUStart
from .masked_norm import Visibility, hide
from .ops import OpArgs, Pool, ReLUConvBN


class FactorizedConv(ReLUStart):
    """``conv_7x1_1x7``: ReLU, a convolution along the rows, one along the columns, batch normalisation.

    Args:
        args: channels, stride and normalisation.
        kernel: length of both; each halves its own side where the edge reduces.
    """

    def __init__(self, args: OpArgs, kernel: int) -> None:
        super().__init__()
        channels, pad = args.out_channels, kernel // 2
        self.row = nn.Conv2d(args.in_channels, channels, (1, kernel), (1, args.stride), (0, pad), bias=False)
        self.column = nn.Conv2d(channels, channels, (kernel, 1), (args.stride, 1), (pad, 0), bias=False)
        self.bn = args.norm()

    def raw(self, started: Tensor, visible: Optional[Visibility]) -> Tensor:
        """Both convolutions: (B, C', H / stride, W / stride)."""
        # The second convolution must not see what the first wrote to masked positions.
        return self.column(hide(self.row(started), visible))


class LargeMaxPool(Pool):
    """Max pooling with a larger kernel, normalised in a search network as 3x3 pooling is.

    Args:
        args: channels, stride and normalisation.
        kernel: side of the window, odd.
    """

    def __init__(self, args: OpArgs, kernel: int) -> None:
        super().__init__(args, 'max')
        self.kernel = kernel

    def start_key(self) -> Hashable:
        """That of the pooling, with its kernel."""
        return *super().start_key(), self.kernel

    def pool(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, H / stride, W / stride)."""
        return F.max_pool2d(x, self.kernel, self.stride, self.kernel // 2)


OPS.register_module(name='conv_1x1', module=lambda args: ReLUConvBN(args, 1))
OPS.register_module(name='conv_3x3', module=lambda args: ReLUConvBN(args, 3))
OPS.register_module(name='conv_3x1_1x3', module=lambda args: FactorizedConv(args, 3))
OPS.register_module(name='conv_7x1_1x7', module=lambda args: FactorizedConv(args, 7))
OPS.register_module(name='max_pool_5x5', module=lambda args: LargeMaxPool(args, 5))
OPS.register_module(name='max_pool_7x7', module=lambda args: LargeMaxPool(args, 7))
