"""What a mask leaves visible, and layers that see only that."""

from functools import cache
from importlib.util import find_spec
from typing import Optional, Sequence

import torch
import torch.nn.functional as F
from mmengine.dist import get_world_size
from torch import Tensor, nn

from .rank_sum import sum_over_ranks


class Visibility:
    """What each feature map may see of a masked image, in ``sparse`` masking.

    A position is visible if any pixel under it is visible, which also covers a mask
    grid that is finer than the feature map.

    Args:
        mask (Tensor): (B, 1, H, W), 1 = masked pixel.
    """

    def __init__(self, mask: Tensor) -> None:
        self.pixels = 1 - mask
        self._maps: dict[tuple[int, int], Tensor] = {}

    def at(self, x: Tensor) -> Tensor:
        """The visible positions of feature map ``x``.

        Args:
            x (Tensor): (B, C, h, w).

        Returns:
            Tensor: (B, 1, h, w), 1 = visible, of the dtype of ``x``.

        Raises:
            ValueError: fewer than two positions of the batch are visible, so that
                no variance exists.
        """
        size = tuple(x.shape[-2:])
        if size not in self._maps:
            visible = F.adaptive_max_pool2d(self.pixels, size)
            # A GPU would be waited for, and two images leave two positions visible anyway. A recording cannot ask; the
            # runs before it have.
            silent = visible.is_cuda and (len(visible) > 1 or torch.cuda.is_current_stream_capturing())
            if not silent and int(visible.sum()) < 2:
                raise ValueError(
                    f'sparse masking leaves fewer than two visible positions on a {size[0]}x{size[1]} map; '
                    'lower mask_generator.ratio or patch_size, or use masking="input"'
                )
            self._maps[size] = visible
        return self._maps[size].to(x.dtype)


def hide(x: Tensor, visible: Optional[Visibility]) -> Tensor:
    """Sets the masked positions of ``x``, (B, C, H, W), to zero; the identity without ``visible``."""
    return x if visible is None else x * visible.at(x)


class MaskedBatchNorm2d(nn.BatchNorm2d):
    """Batch normalisation over visible positions (SparK), with or without affine.

    Without ``visible`` it is ``nn.BatchNorm2d``. With it, mean and variance are
    taken over visible positions only, and masked positions come out as zero.
    Dense operations throughout: nothing is gathered.

    Attributes:
        sync: takes batch statistics over all ranks; set by :class:`mmnas_mae.SyncBatchNormHook`.
        fused: takes them by kernels of our own on a GPU, together with what else enters a node; set by
            :class:`mmnas_mae.CudaGraphHook`.
    """

    sync = False
    fused = False

    def forward(self, x: Tensor, visible: Optional[Visibility] = None, scale: Optional[Tensor] = None) -> Tensor:
        """
        Args:
            x (Tensor): (B, C, H, W).
            visible: what ``sparse`` masking leaves visible.
            scale: one number that the output is multiplied by, within the same pass.

        Returns:
            Tensor: (B, C, H, W).
        """
        weight, bias = self._parameters_times(scale)
        if visible is not None and not self.uses_batch_statistics:
            wide, seen = self._positions(x, visible)
            centred = (wide - self.running_mean.view(1, -1, 1, 1)) * seen
            return _scaled(centred, self.running_var + self.eps, weight, bias, seen).to(x.dtype)
        if self.belongs_to_node(visible):
            factor = ones(1, x.device) if scale is None else scale.reshape(1)
            return normalized_sum([x], factor, [self])
        if visible is not None or (self._reduces and self.uses_batch_statistics):
            normalized, mean, var = self._masked(x, visible, weight, bias)
            if self.training:
                self.update(mean, var)
            return normalized
        if scale is None and not x.is_cuda:
            return super().forward(x)
        tracked = self.track_running_stats
        if tracked and self.training:
            self.num_batches_tracked.add_(1)
        return F.batch_norm(
            x,
            self.running_mean if tracked else None,
            self.running_var if tracked else None,
            *_complete(x, weight, bias),
            self.uses_batch_statistics,
            self._momentum() if self.training else 0.0,
            self.eps,
        )

    @property
    def uses_batch_statistics(self) -> bool:
        """Whether the next forward pass takes the statistics of its batch."""
        return self.training or not self.track_running_stats

    def belongs_to_node(self, visible: Optional[Visibility]) -> bool:
        """Whether a node can take the next forward pass over, by :func:`normalized_sum`."""
        return self.fused and visible is None and self.uses_batch_statistics and not self._reduces

    @property
    def _reduces(self) -> bool:
        return self.sync and get_world_size() > 1

    def normalized(self, x: Tensor, visible: Optional[Visibility] = None) -> tuple[Tensor, Tensor, Tensor]:
        """The output by the statistics of the batch, and these; the layer itself is left as it was.

        Several layers without parameters that get the same input share it, each calling
        :meth:`update`.

        Returns:
            tuple: (B, C, H, W); mean and unbiased variance, (C,) each.
        """
        if visible is not None or self._reduces:
            return self._masked(x, visible, self.weight, self.bias)
        wide = torch.promote_types(x.dtype, torch.float32)
        # With a momentum of one the library leaves the statistics of this batch in the running ones.
        mean, var = (torch.zeros(self.num_features, dtype=wide, device=x.device) for _ in range(2))
        normalized = F.batch_norm(x, mean, var, *_complete(x, self.weight, self.bias), True, 1.0, self.eps)
        return normalized, mean, var

    def update(self, mean: Tensor, var: Tensor) -> None:
        """Lets the running statistics move towards those of a batch, (C,) each, where there are any."""
        if not self.track_running_stats:
            return
        self.num_batches_tracked.add_(1)
        momentum = self._momentum()
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), momentum)
        self.running_var.lerp_(var.to(self.running_var.dtype), momentum)

    def _momentum(self) -> float:
        """A momentum of None means a cumulative average, as in nn.BatchNorm2d."""
        if self.momentum is None:
            return 1.0 / float(self.num_batches_tracked) if self.track_running_stats else 0.0
        return self.momentum

    def _parameters_times(self, scale: Optional[Tensor]) -> tuple[Optional[Tensor], Optional[Tensor]]:
        """Weight and bias, (C,) each where there are any."""
        if scale is None:
            return self.weight, self.bias
        if self.affine:
            return self.weight * scale, self.bias * scale
        dtype = scale.dtype if self.running_mean is None else self.running_mean.dtype
        return scale.to(dtype).expand(self.num_features).contiguous(), None

    def _masked(
        self, x: Tensor, visible: Optional[Visibility], weight: Optional[Tensor], bias: Optional[Tensor]
    ) -> tuple[Tensor, Tensor, Tensor]:
        wide, seen = self._positions(x, visible)
        total, count = (wide * seen).sum((0, 2, 3)), seen.sum()
        if self._reduces:
            sums = sum_over_ranks(torch.cat([total, count.view(1)]))
            total, count = sums[:-1], sums[-1]
        mean = total / count
        centred = (wide - mean.view(1, -1, 1, 1)) * seen
        squares = centred.square().sum((0, 2, 3))
        var = (sum_over_ranks(squares) if self._reduces else squares) / count
        normalized = _scaled(centred, var + self.eps, weight, bias, seen).to(x.dtype)
        return normalized, mean.detach(), (var * count / (count - 1)).detach()

    @staticmethod
    def _positions(x: Tensor, visible: Optional[Visibility]) -> tuple[Tensor, Tensor]:
        """``x`` in a precision that can count positions, and those that count."""
        wide = x if x.dtype == torch.float64 else x.float()
        return wide, wide.new_ones(len(x), 1, *x.shape[2:]) if visible is None else visible.at(wide)


def normalized_sum(maps: Sequence[Tensor], weights: Tensor, norms: Sequence[MaskedBatchNorm2d]) -> Tensor:
    """``sum_k weights[k] * norms[k](maps[k])`` by the statistics of the batch, by kernels of our own.

    Running statistics move as in the normalisations themselves.

    Args:
        maps: (B, C, H, W) each; those beyond ``norms`` enter as they are.
        weights (Tensor): one for each map.
        norms: of the first maps, :func:`alike`.
    """
    # Only here, since it needs triton.
    from ..kernels.fused_node_sum import fused_node_sum

    affine = norms[0].affine
    scale = torch.stack([norm.weight for norm in norms]) if affine else None
    shift = torch.stack([norm.bias for norm in norms]) if affine else None
    value, means, variances = fused_node_sum(maps, weights, len(norms), scale, shift, eps=norms[0].eps)
    moving = [(norm, k) for k, norm in enumerate(norms) if norm.training and norm.track_running_stats]
    if moving and all(norm.momentum == norms[0].momentum is not None for norm, _ in moving):
        # Few kernels for all of them.
        torch._foreach_add_([norm.num_batches_tracked for norm, _ in moving], 1)
        for running, batch in (('running_mean', means), ('running_var', variances)):
            places = [getattr(norm, running) for norm, _ in moving]
            torch._foreach_lerp_(places, [batch[k].to(places[0].dtype) for _, k in moving], norms[0].momentum)
    else:
        for norm, k in moving:
            norm.update(means[k], variances[k])
    return value


def alike(norm: Optional[MaskedBatchNorm2d], other: Optional[MaskedBatchNorm2d]) -> bool:
    """Whether :func:`normalized_sum` takes both at once, or one is none at all."""
    return norm is None or other is None or (norm.affine, norm.eps) == (other.affine, other.eps)


def fuse_norms(model: nn.Module, fused: bool = True) -> bool:
    """Lets the normalisations of a model run by kernels of our own, or no longer.

    Returns:
        bool: whether they do; they need triton, and a GPU.
    """
    fused = fused and next(model.parameters()).is_cuda and find_spec('triton') is not None
    for module in model.modules():
        if isinstance(module, MaskedBatchNorm2d):
            module.fused = fused
    return fused


def ones(channels: int, device: torch.device) -> Tensor:
    """(C,) on a device, made once."""
    return _constant(1.0, channels, device, torch.float32)


def _complete(x: Tensor, weight: Optional[Tensor], bias: Optional[Tensor]) -> tuple[Optional[Tensor], Optional[Tensor]]:
    """Weight and bias, (C,) each; on a GPU both are there, since the library's fast kernels take no less."""
    if not x.is_cuda:
        return weight, bias
    dtype = torch.promote_types(x.dtype, torch.float32)
    weight = _constant(1.0, x.shape[1], x.device, dtype) if weight is None else weight
    return weight, _constant(0.0, x.shape[1], x.device, dtype) if bias is None else bias


@cache
@torch.inference_mode(False)
def _constant(value: float, channels: int, device: torch.device, dtype: torch.dtype) -> Tensor:
    """(C,), made once, as a kernel for each normalisation would cost more than it does; for training too."""
    return torch.full((channels,), value, device=device, dtype=dtype)


def _scaled(centred: Tensor, var: Tensor, weight: Optional[Tensor], bias: Optional[Tensor], seen: Tensor) -> Tensor:
    """Divides by the deviation and applies weight and bias, (C,) each, at visible positions."""
    scale = torch.rsqrt(var) if weight is None else torch.rsqrt(var) * weight
    scaled = centred * scale.view(1, -1, 1, 1)
    return scaled if bias is None else scaled + bias.view(1, -1, 1, 1) * seen
