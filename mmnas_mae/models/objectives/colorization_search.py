"""UnNAS with colours."""

from typing import Optional, Sequence

import torch
from torch import Tensor

from ...registry import MODELS
from ...utils.lab import BIN_SIZE, ab_bins, rgb_to_lab
from .pixels import need_colours, raw_pixels
from .predictive_search import PredictiveSearch


@MODELS.register_module()
class ColorizationSearch(PredictiveSearch):
    """Search by guessing the colour of each pixel of a grey image (facebookresearch/unnas: task ``col``).

    The network sees L of Lab and says the nearest of 313 bins of (a, b). Reads no label.

    L is given to all three input channels, so that the search network is the same for
    every objective. UnNAS has a stem of one channel instead: the same functions, since a
    convolution of three equal channels is one of their summed weights.

    Args:
        backbone, head, label_smooth, data_preprocessor, init_cfg: as in
            :class:`PredictiveSearch`; ``num_classes`` of the head is filled in. The images must
            be RGB, normalised by mean and std of the data preprocessor.
    """

    def __init__(
        self,
        backbone: dict,
        head: dict,
        label_smooth: float = 0.0,
        data_preprocessor: Optional[dict] = None,
        init_cfg: Optional[dict] = None,
    ) -> None:
        bins = ab_bins()
        super().__init__(backbone, dict(head, num_classes=len(bins)), label_smooth, data_preprocessor, init_cfg)
        need_colours(self)
        #: Of each point of the grid the number of its bin, -1 where there is none.
        self._origin = (bins.amin(0) // BIN_SIZE).tolist()
        cells = bins // BIN_SIZE - torch.tensor(self._origin)
        table = torch.full((cells.amax(0) + 1).tolist(), -1)
        table[cells[:, 0], cells[:, 1]] = torch.arange(len(bins))
        self.register_buffer('table', table, persistent=False)

    def task(
        self, inputs: Tensor, data_samples: Optional[Sequence], keys: Optional[Sequence[int]] = None
    ) -> tuple[Tensor, Tensor]:
        """Grey images (B, 3, H, W) and the bin of each pixel (B, H, W)."""
        pixels, mean, std = raw_pixels(inputs, self.data_preprocessor)
        light, *ab = rgb_to_lab(pixels).unbind(1)
        # As UnNAS, by the mean over the channels of mean and std.
        grey = (light * 2.55 - mean.mean()) / std.mean()
        # Every colour lies between bins, so the nearest point of the grid is one.
        row, column = ((part / BIN_SIZE).round().long() - low for part, low in zip(ab, self._origin))
        return grey.unsqueeze(1).expand_as(inputs).to(inputs.dtype), self.table[row, column]
