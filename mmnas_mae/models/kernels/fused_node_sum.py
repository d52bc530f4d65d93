"""The sum of a node on a GPU, by a few kernels over all its maps; importing this needs triton."""

from typing import Any, NamedTuple, Optional, Sequence

import torch
import triton
from torch import Tensor

from .node_kernels import combine_kernel, gradients_kernel, moments_kernel, products_kernel, values_kernel
from .node_sum import NodeSum, check_variance_exists, node_sum

#: Maps of one program in the backward pass; it reads the gradient of the node once for these.
GROUP = 4
#: Programs that keep a large GPU busy, and the least and most elements of one.
_PROGRAMS, _LEAST, _MOST = 512, 256, 4096
#: Elements of one thread of a program.
_BY_THREAD = 8
#: Channels of a tile where channels lie together: a line of memory in single precision.
_CHANNELS = 32


def fused_node_sum(
    maps: Sequence[Tensor],
    weights: Tensor,
    normalized: Optional[int] = None,
    scale: Optional[Tensor] = None,
    shift: Optional[Tensor] = None,
    kept: Optional[Tensor] = None,
    eps: float = 1e-5,
) -> NodeSum:
    """The same as :func:`node_sum`, in single precision, each map read twice and each gradient written once.

    The definition itself runs for what the kernels do not cover, double precision and maps of
    2**31 elements, and where a gradient is to be differentiated again.

    Raises:
        ValueError: as :func:`node_sum`.
    """
    count = len(maps) if normalized is None else normalized
    check_variance_exists(maps, count)
    if _common_dtype(maps) == torch.float64 or maps[0].numel() >= 2**31:
        return node_sum(maps, weights, count, scale, shift, kept, eps)
    return NodeSum(*_FusedNodeSum.apply(count, eps, kept, weights, scale, shift, *maps))


class _FusedNodeSum(torch.autograd.Function):
    """``apply(normalized, eps, kept, weights, scale, shift, *maps)`` to the fields of a :class:`NodeSum`."""

    @staticmethod
    def forward(
        ctx: Any,
        normalized: int,
        eps: float,
        kept: Optional[Tensor],
        weights: Tensor,
        scale: Optional[Tensor],
        shift: Optional[Tensor],
        *given: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        cut = _Cut.of(given[0])
        maps = cut.laid_out(given)
        statistics = given[0].new_empty(3, normalized, cut.c, dtype=torch.float32)
        value = torch.empty_like(maps[0], dtype=_common_dtype(given))
        with torch.cuda.device_of(value):
            if normalized:
                moments = statistics.new_empty(2, normalized, cut.c, cut.tiles)
                moments_kernel[cut.grid(normalized)](
                    maps[:normalized], moments, normalized, *cut.layout, cut.tiles, *cut.tile, 1, num_warps=cut.warps
                )
                all_tiles = triton.next_power_of_2(cut.tiles)
                channels = max(1, min(triton.next_power_of_2(cut.c), _MOST // all_tiles))
                combine_kernel[(normalized, triton.cdiv(cut.c, channels))](
                    moments, statistics, eps, normalized, cut.n, cut.c, cut.tiles, cut.tile[0], channels, all_tiles
                )
            values_kernel[cut.grid(1)](
                maps, value, statistics, weights.contiguous(), _dense(scale), _dense(shift), _dense(kept), len(maps),
                normalized, *cut.layout, *cut.tile, num_warps=cut.warps,
            )  # fmt: skip
        ctx.save_for_backward(statistics, kept, weights, scale, shift, *given)
        ctx.normalized, ctx.eps = normalized, eps
        means, _, variances = statistics
        ctx.mark_non_differentiable(means, variances)
        return value, means, variances

    @staticmethod
    def backward(ctx: Any, grad: Tensor, *_: Any) -> tuple[Optional[Tensor], ...]:
        statistics, kept, weights, scale, shift, *given = ctx.saved_tensors
        if torch.is_grad_enabled():
            return None, None, None, *_differentiable(ctx, grad, kept, (weights, scale, shift, *given))
        cut, normalized = _Cut.of(given[0]), ctx.normalized
        maps = cut.laid_out(given)
        count, strides = len(maps), _row_strides(grad)
        if strides is None:
            grad, strides = cut.laid_out([grad])[0], cut.strides
        with torch.cuda.device_of(grad):
            parts = statistics.new_empty(count + (1 if kept is None else count), cut.c, cut.tiles)
            grid, kept = cut.grid(triton.cdiv(count, GROUP)), _dense(kept)
            products_kernel[grid](
                maps, grad, parts, statistics, kept, count, normalized, *cut.layout, *strides, cut.tiles, *cut.tile,
                GROUP, num_warps=cut.warps,
            )  # fmt: skip
            sums = parts.sum(-1)
            of_maps = tuple(torch.empty_like(x) for x in maps)
            gradients_kernel[grid](
                maps, grad, of_maps, sums, statistics, weights.contiguous(), _dense(scale), kept, count, normalized,
                *cut.layout, *strides, *cut.tile, GROUP, num_warps=cut.warps,
            )  # fmt: skip
        own, products, totals = weights[:normalized, None], sums[:count], sums[count:]
        of_scale = None if scale is None else own * products[:normalized]
        of_shift = None if shift is None else own * totals[:normalized]
        if scale is not None:
            products = torch.cat([products[:normalized] * scale, products[normalized:]])
        if shift is not None:
            products = torch.cat([products[:normalized] + shift * totals[:normalized], products[normalized:]])
        of_weights = products.sum(1).to(weights.dtype) if ctx.needs_input_grad[3] else None
        return None, None, None, of_weights, of_scale, of_shift, *of_maps


def _differentiable(
    ctx: Any, grad: Tensor, kept: Optional[Tensor], inputs: Sequence[Optional[Tensor]]
) -> list[Optional[Tensor]]:
    """The gradients of the definition, which can be differentiated again.

    By views of the inputs: one map of a node is often computed from another, and the derivative by that one itself
    would contain the way through the first, which the caller adds.
    """
    inputs = [None if x is None else x.view_as(x) for x in inputs]
    weights, scale, shift, *maps = inputs
    value = node_sum(maps, weights, ctx.normalized, scale, shift, kept, ctx.eps).value
    wanted = [x for x, needed in zip(inputs, ctx.needs_input_grad[3:]) if needed]
    found = iter(torch.autograd.grad(value, wanted, grad, create_graph=True))
    return [next(found) if needed else None for needed in ctx.needs_input_grad[3:]]


class _Cut(NamedTuple):
    """How maps lie in memory and are cut into tiles.

    Attributes:
        n, c, size: rows, channels, pixels of a map.
        strides: of a sample, a channel and a pixel.
        tile: its rows and channels.
        warps: that share one.
    """

    n: int
    c: int
    size: int
    strides: tuple[int, int, int]
    tile: tuple[int, int]
    warps: int

    @classmethod
    def of(cls, x: Tensor) -> '_Cut':
        """By the layout of the first map, channels last or else contiguous."""
        batch, c, height, width = x.shape
        n, size = batch * height * width, height * width
        if x.is_contiguous(memory_format=torch.channels_last) and not x.is_contiguous():
            strides, channels = (size * c, 1, c), min(triton.next_power_of_2(c), _CHANNELS)
        else:
            strides, channels = (c * size, size, 1), 1
        elements = min(max(triton.next_power_of_2(triton.cdiv(n * c, _PROGRAMS)), _LEAST), _MOST)
        rows = max(1, min(elements // channels, triton.next_power_of_2(n)))
        return cls(n, c, size, strides, (rows, channels), max(1, rows * channels // (32 * _BY_THREAD)))

    @property
    def tiles(self) -> int:
        """Tiles along the rows."""
        return triton.cdiv(self.n, self.tile[0])

    @property
    def layout(self) -> tuple[int, ...]:
        """What the kernels take of it."""
        return self.n, self.c, self.size, *self.strides

    def grid(self, groups: int) -> tuple[int, int, int]:
        """Programs along rows, channels and groups of maps."""
        return self.tiles, triton.cdiv(self.c, self.tile[1]), groups

    def laid_out(self, maps: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """All maps as the first one lies; a copy where one does not."""
        layout = torch.contiguous_format if self.strides[2] == 1 else torch.channels_last
        return tuple(x.contiguous(memory_format=layout) for x in maps)


def _common_dtype(maps: Sequence[Tensor]) -> torch.dtype:
    """The type that holds all maps, which their sum has."""
    dtype = maps[0].dtype
    for x in maps[1:]:
        dtype = torch.promote_types(dtype, x.dtype)
    return dtype


def _row_strides(x: Tensor) -> Optional[tuple[int, int, int]]:
    """The strides of a sample, a channel and a pixel, where pixels follow one another at one distance."""
    if sum((size - 1) * stride for size, stride in zip(x.shape, x.stride())) >= 2**31:
        return None
    sample, channel, line, pixel = x.stride()
    if x.shape[3] == 1:
        pixel = line
    elif x.shape[2] > 1 and line != pixel * x.shape[3]:
        return None
    return sample, channel, pixel


def _dense(x: Optional[Tensor]) -> Optional[Tensor]:
    return None if x is None else x.contiguous()
