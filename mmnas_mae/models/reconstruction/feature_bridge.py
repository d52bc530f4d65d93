"""Between the features of the encoder and the decoder."""

from typing import Iterable, Optional

import torch
from torch import Tensor, nn

from ..layers.masked_norm import MaskedBatchNorm2d, Visibility


class FeatureBridge(nn.Module):
    """What happens to the features between encoder and decoder.

    Each feature is normalised without parameters (not in the paper: it evens out
    the scales of F1, F2 and F3, see docs), and in ``sparse`` masking the masked
    positions are filled with a learned token of that scale, as SparK does.

    Args:
        in_channels: channels of each feature.
        norm: whether to normalise.
        mask_token: whether masked positions get a token.
    """

    def __init__(self, in_channels: Iterable[int], norm: bool = True, mask_token: bool = False) -> None:
        super().__init__()
        channels = list(in_channels)
        self.norms = nn.ModuleList(MaskedBatchNorm2d(c, affine=False) for c in channels) if norm else None
        self.tokens = nn.ParameterList(torch.zeros(1, c, 1, 1) for c in channels) if mask_token else None
        for token in self.tokens or ():
            nn.init.trunc_normal_(token, std=0.02)

    def forward(self, features: tuple[Tensor, ...], visible: Optional[Visibility] = None) -> tuple[Tensor, ...]:
        """
        Args:
            features: (B, C_i, H_i, W_i) each, fine to coarse.

        Returns:
            tuple: the same shapes.
        """
        out = []
        for i, x in enumerate(features):
            if self.norms is not None:
                x = self.norms[i](x, visible)
            if self.tokens is not None and visible is not None:
                seen = visible.at(x)
                x = x * seen + self.tokens[i] * (1 - seen)
            out.append(x)
        return tuple(out)
