"""What a node of a cell adds up, as one function of the maps before their normalisation."""

from typing import NamedTuple, Optional, Sequence

import torch
from torch import Tensor


class NodeSum(NamedTuple):
    """The value of a node, with what the running statistics of its normalisations move towards.

    Attributes:
        value (Tensor): (B, C, H, W).
        means (Tensor): (N, C), of the maps that are normalised; carries no gradient.
        variances (Tensor): (N, C), unbiased; carries no gradient.
    """

    value: Tensor
    means: Tensor
    variances: Tensor


def node_sum(
    maps: Sequence[Tensor],
    weights: Tensor,
    normalized: Optional[int] = None,
    scale: Optional[Tensor] = None,
    shift: Optional[Tensor] = None,
    kept: Optional[Tensor] = None,
    eps: float = 1e-5,
) -> NodeSum:
    """``sum_k weights[k] * BN(maps[k])`` over K maps, by the statistics of the batch.

    This is the definition, in plain tensor operations of any device and any number of derivatives;
    statistics and the sum are at least of single precision.

    Args:
        maps: K of them, (B, C, H, W) each.
        weights (Tensor): (K,).
        normalized: the first N maps are normalised, the others enter as they are; by default all are.
        scale, shift (Tensor): (N, C), the parameters of the normalisations where these have any.
        kept (Tensor): (B, K), factors of the terms that differ between samples, as with drop path; carries no gradient.
        eps: what is added to a variance.

    Raises:
        ValueError: a normalised map has one value per channel, which has no variance.
    """
    count = len(maps) if normalized is None else normalized
    check_variance_exists(maps, count)
    wide = torch.float64 if maps[0].dtype == torch.float64 else torch.float32
    factors = weights.to(wide).unbind()
    total, means, variances = None, [], []
    for k, (x, factor) in enumerate(zip(maps, factors)):
        x = x.to(wide)
        if kept is not None:
            factor = factor * kept[:, k].detach().view(-1, 1, 1, 1)
        if k < count:
            var, mean = torch.var_mean(x, (0, 2, 3), correction=0, keepdim=True)
            means.append(mean.detach().flatten())
            variances.append(var.detach().flatten() * _unbiased(x))
            x = (x - mean) * torch.rsqrt(var + eps)
            if scale is not None:
                x = x * scale[k].view(1, -1, 1, 1)
            if shift is not None:
                x = x + shift[k].view(1, -1, 1, 1)
        total = factor * x if total is None else total + factor * x
    channels = maps[0].shape[1]
    means, variances = (torch.stack(s) if s else total.new_empty(0, channels) for s in (means, variances))
    return NodeSum(total.to(common_dtype(maps)), means, variances)


def check_variance_exists(maps: Sequence[Tensor], normalized: int) -> None:
    """
    Raises:
        ValueError: as :func:`node_sum`.
    """
    shape = tuple(maps[0].shape)
    if normalized and maps[0].numel() == shape[1]:
        raise ValueError(f'a normalisation by batch statistics needs more than one value per channel, got {shape}')


def common_dtype(maps: Sequence[Tensor]) -> torch.dtype:
    """The type that holds all maps, which their sum has."""
    dtype = maps[0].dtype
    for x in maps[1:]:
        dtype = torch.promote_types(dtype, x.dtype)
    return dtype


def _unbiased(x: Tensor) -> float:
    """What an estimate of the variance is multiplied by that no longer depends on the number of values."""
    count = x.numel() // x.shape[1]
    return count / (count - 1)
