"""Every candidate operation, defined once (quark0/darts: cnn/operations.py).

All take ``forward(x, visible=None)``: with a :class:`Visibility` (``sparse``
masking) each normalisation runs over visible positions and hides the others, and so
does an operation that does not end in one, as SparK does.

Many begin with a step without parameters, a ReLU or a pooling, which a cell computes
once for each state and not for each edge that leaves it (:class:`SharedStart`).
"""

from dataclasses import dataclass, replace
from typing import Any, Hashable, Optional

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...registry import OPS
from ...utils.errors import shorten
from .cell_state import ReLUStart, SharedStart
from .depthwise import DepthwiseConv2d
from .masked_norm import MaskedBatchNorm2d, Visibility, hide


@dataclass(frozen=True)
class OpArgs:
    """What an operation is built from.

    Args:
        in_channels, out_channels: input and output channels.
        stride: 1 or 2.
        affine: whether normalisations have parameters.
        track_running_stats: whether normalisations keep running statistics.
        searched: True in a search network.
        pool_norm: whether a search network normalises pooling: DARTS does,
            NAS-Bench-201 does not.
    """

    in_channels: int
    out_channels: int
    stride: int = 1
    affine: bool = True
    track_running_stats: bool = True
    searched: bool = False
    pool_norm: bool = True

    def norm(self) -> MaskedBatchNorm2d:
        """The normalisation that follows a convolution."""
        return MaskedBatchNorm2d(self.out_channels, affine=self.affine, track_running_stats=self.track_running_stats)


class Zero(nn.Module):
    """``none``: no connection.

    Args:
        args: channels and stride.
    """

    def __init__(self, args: OpArgs) -> None:
        super().__init__()
        self.args = args

    def forward(self, x: Tensor, visible: Optional[Visibility] = None) -> Tensor:
        """(B, C, H, W) -> zeros, (B, C', H / stride, W / stride)."""
        strided = x[:, :, :: self.args.stride, :: self.args.stride]
        return x.new_zeros(x.shape[0], self.args.out_channels, *strided.shape[2:])


class Identity(nn.Module):
    """``skip_connect`` where nothing changes shape."""

    def forward(self, x: Tensor, visible: Optional[Visibility] = None) -> Tensor:
        """``x`` itself."""
        return x


class Noise(nn.Module):
    """``noise`` of S4: standard normal noise, drawn anew each time (automl/RobustDARTS).

    Args:
        args: the stride; the channels stay.
    """

    def __init__(self, args: OpArgs) -> None:
        super().__init__()
        self.stride = args.stride

    def forward(self, x: Tensor, visible: Optional[Visibility] = None) -> Tensor:
        """(B, C, H, W) -> (B, C, H / stride, W / stride), of which only the shape depends on ``x``."""
        return hide(torch.randn_like(x[:, :, :: self.stride, :: self.stride]), visible)


class Pool(SharedStart):
    """3x3 pooling, followed by a normalisation in a search network only.

    Args:
        args: channels, stride and normalisation.
        mode: ``max`` or ``avg`` (padding is not counted).
    """

    def __init__(self, args: OpArgs, mode: str) -> None:
        super().__init__()
        self.mode = mode
        self.stride = args.stride
        self.bn = args.norm() if args.searched and args.pool_norm else None

    def start_key(self) -> Hashable:
        """Its window, its stride, and whether it normalises at once."""
        return type(self), self.mode, self.stride, self._normalizes_at_once()

    def start(self, x: Tensor, visible: Optional[Visibility]) -> Any:
        """The pooled map, with the statistics that it was normalised by where they are the batch's.

        The map is (B, C, H / stride, W / stride), of the statistics (C,) each.
        """
        x = self.pool(x)
        if self.bn is None:
            return hide(x, visible)
        return self.bn.normalized(x, visible) if self._normalizes_at_once() else x

    @property
    def last_norm(self) -> Optional[MaskedBatchNorm2d]:
        """The normalisation, where there is one and it is not shared."""
        return None if self._normalizes_at_once() else self.bn

    def raw(self, started: Any, visible: Optional[Visibility]) -> Tensor:
        """The map, which is not normalised yet."""
        return started

    def finish(self, started: Any, visible: Optional[Visibility]) -> Tensor:
        """The map, normalised where it is not yet: (B, C, H / stride, W / stride)."""
        if self.bn is None:
            return started
        if not self._normalizes_at_once():
            return self.bn(started, visible)
        normalized, mean, var = started
        if self.bn.training:
            self.bn.update(mean, var)
        return normalized

    def pool(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, H', W')."""
        if self.mode == 'max':
            return F.max_pool2d(x, 3, self.stride, 1)
        return F.avg_pool2d(x, 3, self.stride, 1, count_include_pad=False)

    def _normalizes_at_once(self) -> bool:
        """Whether all that pool the same input also normalise it alike: by the statistics of the batch alone."""
        norm = self.bn
        return norm is not None and not norm.affine and norm.uses_batch_statistics and not norm.fused


class ConvBN(nn.Module):
    """Convolution, batch normalisation.

    Args:
        args: channels, stride and normalisation.
        kernel: side of the kernel, odd; the padding keeps the size at stride 1.
        bias: whether the convolution has one.
    """

    def __init__(self, args: OpArgs, kernel: int, bias: bool = False) -> None:
        super().__init__()
        self.conv = nn.Conv2d(args.in_channels, args.out_channels, kernel, args.stride, kernel // 2, bias=bias)
        self.bn = args.norm()

    def forward(self, x: Tensor, visible: Optional[Visibility] = None) -> Tensor:
        """(B, C, H, W) -> (B, C', H / stride, W / stride)."""
        return self.bn(self.conv(x), visible)


class ReLUConvBN(ReLUStart, ConvBN):
    """ReLU, convolution, batch normalisation."""

    def raw(self, started: Tensor, visible: Optional[Visibility]) -> Tensor:
        """The convolution: (B, C', H / stride, W / stride)."""
        return self.conv(started)


class FactorizedReduce(ReLUStart):
    """Halves the resolution with two 1x1 convolutions, the second one pixel further on.

    Args:
        args: channels and normalisation.

    Raises:
        ValueError: the number of output channels is odd.
    """

    def __init__(self, args: OpArgs) -> None:
        super().__init__()
        if args.out_channels % 2:
            raise ValueError(f'a reducing skip connection needs an even number of channels, got {args.out_channels}')
        self.conv1 = nn.Conv2d(args.in_channels, args.out_channels // 2, 1, stride=2, bias=False)
        self.conv2 = nn.Conv2d(args.in_channels, args.out_channels // 2, 1, stride=2, bias=False)
        self.bn = args.norm()

    def raw(self, started: Tensor, visible: Optional[Visibility]) -> Tensor:
        """Both convolutions: (B, C', H / 2, W / 2), odd sizes rounded up."""
        x = started
        # For odd sizes the shifted branch is one row and column short: pad it with zeros.
        shifted = F.pad(x[:, :, 1:, 1:], (0, x.shape[3] % 2, 0, x.shape[2] % 2))
        return torch.cat([_every_second(self.conv1, x), _every_second(self.conv2, shifted)], dim=1)


def _every_second(conv: nn.Conv2d, x: Tensor) -> Tensor:
    """A 1x1 convolution of stride 2, which reads every second pixel and nothing else.

    As a plain one on these pixels: the library's own, with stride, can write out of bounds
    in its backward pass on the CPU (channels last, few channels, large maps).
    """
    return F.conv2d(x[:, :, ::2, ::2], conv.weight)


class DepthwiseSeparableConv(ReLUStart):
    """ReLU, depthwise convolution, 1x1 convolution, batch normalisation.

    With ``dilation=2`` this is ``dil_conv``; twice in a row it is ``sep_conv``.

    Args:
        args: channels, stride and normalisation.
        kernel, dilation: of the depthwise convolution, as in :class:`DepthwiseConv2d`.
    """

    def __init__(self, args: OpArgs, kernel: int, dilation: int = 1) -> None:
        super().__init__()
        self.depthwise = DepthwiseConv2d(args.in_channels, kernel, args.stride, dilation)
        self.pointwise = nn.Conv2d(args.in_channels, args.out_channels, 1, bias=False)
        self.bn = args.norm()

    def raw(self, started: Tensor, visible: Optional[Visibility]) -> Tensor:
        """Both convolutions: (B, C', H / stride, W / stride)."""
        # What the depthwise convolution writes to masked positions stays there until the normalisation hides it.
        return self.pointwise(self.depthwise(started))


class SepConv(ReLUStart):
    """``sep_conv``: two depthwise separable convolutions, the stride in the first.

    Args:
        args: channels, stride and normalisation.
        kernel: of both.
    """

    def __init__(self, args: OpArgs, kernel: int) -> None:
        super().__init__()
        self.first = DepthwiseSeparableConv(replace(args, out_channels=args.in_channels), kernel)
        self.second = DepthwiseSeparableConv(replace(args, stride=1), kernel)

    @property
    def last_norm(self) -> MaskedBatchNorm2d:
        """That of the second convolution."""
        return self.second.last_norm

    def raw(self, started: Tensor, visible: Optional[Visibility]) -> Tensor:
        """All but the last normalisation: (B, C', H / stride, W / stride)."""
        between = self.first(started, visible, started)
        return self.second.raw(self.second.start(between, visible), visible)


def skip_connect(args: OpArgs) -> nn.Module:
    """Identity, or a factorised reduction where the resolution halves.

    Raises:
        ValueError: the channels change where the resolution does not.
    """
    if args.stride == 2:
        return FactorizedReduce(args)
    if args.in_channels != args.out_channels:
        raise ValueError(f'skip_connect at stride 1 keeps the channels, got {args.in_channels} -> {args.out_channels}')
    return Identity()


OPS.register_module(name='none', module=Zero)
OPS.register_module(name='noise', module=Noise)
OPS.register_module(name='skip_connect', module=skip_connect)
OPS.register_module(name='max_pool_3x3', module=lambda args: Pool(args, 'max'))
OPS.register_module(name='avg_pool_3x3', module=lambda args: Pool(args, 'avg'))
OPS.register_module(name='sep_conv_3x3', module=lambda args: SepConv(args, 3))
OPS.register_module(name='sep_conv_5x5', module=lambda args: SepConv(args, 5))
OPS.register_module(name='sep_conv_7x7', module=lambda args: SepConv(args, 7))
OPS.register_module(name='dil_conv_3x3', module=lambda args: DepthwiseSeparableConv(args, 3, dilation=2))
OPS.register_module(name='dil_conv_5x5', module=lambda args: DepthwiseSeparableConv(args, 5, dilation=2))


def build_op(name: str, args: OpArgs) -> nn.Module:
    """Builds a candidate operation by its name in the space.

    Raises:
        ValueError: no such operation; the message lists what exists.
    """
    # Not OPS.get, which imports what a dotted name names: a genotype file must not be able to run anything.
    builder = OPS.module_dict.get(name)
    if builder is None:
        raise ValueError(f'unknown operation {shorten(repr(name))}; there are: {", ".join(sorted(OPS.module_dict))}')
    return builder(args)
