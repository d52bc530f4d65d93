"""What the library asks of a network, searched or stand-alone."""

from typing import Any, Mapping, Optional

from mmengine.model import BaseModule

from ...spaces import Genotype
from ...utils.ranges import COUNT


class BaseNetwork(BaseModule):
    """A network that gives features: the encoder of an objective, or a backbone.

    ``forward(x, visible=None)`` takes images, (B, ``in_channels``, H, W), and what ``sparse`` masking leaves
    visible (:class:`mmnas_mae.models.Visibility`), and returns a tuple of features,
    (B, C_i, H_i, W_i), fine to coarse. ``out_channels`` and ``out_strides`` say their channels
    and their strides with respect to the image. ``arch`` is what is searched, a
    :class:`mmnas_mae.models.BaseArchitecture`; that of a stand-alone network has no parameters.

    Args:
        in_channels: channels of an image.
        init_cfg: initialisation config of MMEngine.

    Attributes:
        macro: settings of the skeleton as plain data, such as ``init_channels``. A stand-alone
            network built with them is as large as this one; a search writes them into its genotype.
        drop_path_prob: probability of dropping an edge in training, set by
            :class:`mmnas_mae.DropPathHook`; None in a network that never drops one. A network
            that may starts with 0.0.
    """

    def __init__(self, init_cfg: Optional[dict] = None, in_channels: int = 3) -> None:
        super().__init__(init_cfg)
        COUNT.check('in_channels', in_channels)
        self.in_channels = in_channels
        self.macro: Mapping[str, Any] = {}
        self.drop_path_prob: Optional[float] = None


def image_channels(genotype: Genotype, in_channels: Optional[int]) -> int:
    """Channels of the images of a stand-alone network: as asked for, else those of the search that found it, else 3."""
    return genotype.search.get('in_channels', 3) if in_channels is None else in_channels
