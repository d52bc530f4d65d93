"""What the library asks of a network, searched or stand-alone."""

from typing import Any, Mapping, Optional, Union

from mmengine.model import BaseModule

from ...registry import MODELS
from ...spaces import Genotype
from ...utils.errors import shorten
from ...utils.ranges import COUNT

#: The stems that have a name.
STEMS = ('cifar', 'imagenet')


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
    """Channels of the images of a stand-alone network: as asked for, else those of the search that found it, else 3.

    Raises:
        ValueError: they are no number of channels.
    """
    channels = genotype.search.get('in_channels', 3) if in_channels is None else in_channels
    COUNT.check('in_channels', channels)
    return channels


def found_stem(genotype: Genotype) -> Union[str, dict]:
    """The stem of the search that has found an architecture, ``cifar`` where it does not say.

    Raises:
        ValueError: it is none; one of one's own must be registered here, and its settings be plain.
    """
    return plain_stem(genotype.search.get('stem', 'cifar'), 'the stem of a genotype')


def plain_stem(stem: Any, what: str = 'stem') -> Union[str, dict]:
    """A stem out of a file, which must not be able to run anything.

    Args:
        stem: its name, or the config of a module.
        what: what messages call it.

    Raises:
        ValueError: it is none; one of one's own must be registered here, and its settings be plain.
    """
    if isinstance(stem, str) and stem in STEMS:
        return stem
    # MODELS.build imports what a dotted name names.
    name = str(stem.get('type')).removeprefix(f'{MODELS.scope}.') if isinstance(stem, Mapping) else None
    if name not in MODELS.module_dict or not all(map(_is_plain, stem.values())):
        raise ValueError(
            f'{what} must be one of {STEMS}, or a dict of plain settings whose type is registered in '
            f'mmnas_mae.registry.MODELS, got {shorten(repr(stem))}'
        )
    return dict(stem)


def found_strides(genotype: Genotype) -> Optional[tuple[int, ...]]:
    """The strides of the stages of the search that has found an architecture; None where it does not say.

    Raises:
        ValueError: they are none.
    """
    strides = genotype.search.get('strides')
    if strides is None:
        return None
    if not isinstance(strides, (list, tuple)) or not all(stride in (1, 2) for stride in strides):
        raise ValueError(f'the strides of a genotype must be a list of 1 and 2, got {shorten(repr(strides))}')
    return tuple(strides)


def _is_plain(value: Any) -> bool:
    """Whether a setting is a number, a text or a list of such, in which no class can be named."""
    items = value if isinstance(value, (list, tuple)) else [value]
    return all(isinstance(item, (bool, int, float, str, type(None))) for item in items)
