"""What enters a node of a cell, and its sum."""

from typing import NamedTuple, Optional, Sequence

import torch
from torch import Tensor

from ..kernels.weighted_sum import weighted_sum
from .masked_norm import MaskedBatchNorm2d, alike, normalized_sum, ones


class Term(NamedTuple):
    """One thing that a node adds up.

    Attributes:
        weight: a 0-dimensional tensor; None stands for one.
        x (Tensor): (B, C, H, W).
        norm: a normalisation that ``x`` still has to pass, None where it has passed all.
    """

    weight: Optional[Tensor]
    x: Tensor
    norm: Optional[MaskedBatchNorm2d] = None


def add_up(terms: Sequence[Term]) -> Tensor:
    """The sum of the terms, each normalised and times its weight, in one pass over their maps.

    Args:
        terms: at least one, of equal shape.

    Returns:
        Tensor: (B, C, H, W).
    """
    # The kernels take one eps, and parameters of all normalisations or of none: what differs goes by itself.
    norm = next((term.norm for term in terms if term.norm is not None), None)
    terms = [term if alike(term.norm, norm) else Term(term.weight, term.norm(term.x)) for term in terms]
    raw = [term for term in terms if term.norm is not None]
    finished = [term for term in terms if term.norm is None]
    if not raw:
        return weighted_sum([(term.weight, term.x) for term in finished])
    one = ones(1, raw[0].x.device).squeeze(0)
    weights = torch.stack([one if term.weight is None else term.weight for term in (*raw, *finished)])
    return normalized_sum([term.x for term in (*raw, *finished)], weights, [term.norm for term in raw])
