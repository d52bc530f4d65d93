"""What a node of a cell adds up, as one function of the maps before their normalisation."""

from typing import NamedTuple, Optional, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from .weighted_sum import Term, weighted_sum


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

    This is the definition, in the library's operators: of any device, and with any number of
    derivatives. A weight is the scale of a normalisation, so that no product is computed.

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
    count, channels = len(maps) if normalized is None else normalized, maps[0].shape[1]
    check_variance_exists(maps, count)
    wide = torch.promote_types(weights.dtype, torch.promote_types(maps[0].dtype, torch.float32))
    weights = weights.to(wide)
    # On a GPU the library is fast where there are both parameters.
    zero = maps[0].new_zeros(channels, dtype=wide) if maps[0].is_cuda else None
    terms: list[Term] = []
    statistics: list[list[Tensor]] = [[], []]
    for k, (x, weight) in enumerate(zip(maps, weights.unbind())):
        if k < count:
            own = weight.expand(channels).contiguous() if scale is None else weight * scale[k]
            offset = zero if shift is None else weight * shift[k]
            # With a momentum of one the library leaves the statistics of this batch in the running ones.
            mean, var = (x.new_zeros(channels, dtype=wide) for _ in range(2))
            x = F.batch_norm(x, mean, var, own, offset, True, 1.0, eps)
            for kind, values in zip(statistics, (mean, var)):
                kind.append(values)
        if kept is not None:
            x = x * kept[:, k].detach().to(x.dtype).view(-1, 1, 1, 1)
        terms.append((None if k < count else weight, x))
    means, variances = (torch.stack(kind) if count else weights.new_empty(0, channels) for kind in statistics)
    return NodeSum(weighted_sum(terms), means, variances)


def check_variance_exists(maps: Sequence[Tensor], normalized: int) -> None:
    """
    Raises:
        ValueError: as :func:`node_sum`.
    """
    shape = tuple(maps[0].shape)
    if normalized and maps[0].numel() == shape[1]:
        raise ValueError(f'a normalisation by batch statistics needs more than one value per channel, got {shape}')
