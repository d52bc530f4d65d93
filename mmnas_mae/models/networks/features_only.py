"""Features of a network and what a consumer has to know of them, as timm does it."""

from typing import Optional, Sequence, Union

from torch import Tensor, nn

from ...registry import MODELS
from ..architecture.base_architecture import BaseArchitecture
from ..layers.masked_norm import Visibility
from .base_network import BaseNetwork


class FeatureInfo:
    """Channels, stride and name of each feature, fine to coarse, with the methods of timm's ``feature_info``.

    Args:
        channels: of each feature.
        strides: of each feature with respect to the image.
        modules: name of the module that makes each feature.
    """

    def __init__(self, channels: Sequence[int], strides: Sequence[int], modules: Sequence[str]) -> None:
        self.info = [
            dict(index=i, num_chs=c, reduction=s, module=m)
            for i, (c, s, m) in enumerate(zip(channels, strides, modules))
        ]

    def channels(self, idx: Optional[int] = None) -> Union[int, list[int]]:
        """Channels of one feature, or of all."""
        return self._get('num_chs', idx)

    def reduction(self, idx: Optional[int] = None) -> Union[int, list[int]]:
        """Stride of one feature, or of all."""
        return self._get('reduction', idx)

    def module_name(self, idx: Optional[int] = None) -> Union[str, list[str]]:
        """Module of one feature, or of all."""
        return self._get('module', idx)

    def get_dicts(self) -> list[dict]:
        """All that is known of each feature."""
        return [dict(entry) for entry in self.info]

    def __getitem__(self, idx: int) -> dict:
        return dict(self.info[idx])

    def __len__(self) -> int:
        return len(self.info)

    def _get(self, key: str, idx: Optional[int]) -> Union[int, str, list]:
        return [entry[key] for entry in self.info] if idx is None else self.info[idx][key]


@MODELS.register_module()
class FeaturesOnly(BaseNetwork):
    """A stand-alone network without its classifier: a backbone for mmpretrain, mmdet or alone.

    The classifier is removed from it. The backbone of a DARTS genotype is
    :class:`mmnas_mae.GenotypeBackbone`, which has ``feature_info`` itself.

    Args:
        network: a network with ``forward_features(x, visible)``, ``out_channels`` and
            ``out_strides``, or its config, such as
            ``dict(type='mmnas_mae.TransNASNetwork', genotype='64-41414-1_02_333')``.
        out_indices: which of its features, fine to coarse, by default all.
        init_cfg: initialisation config of MMEngine.

    Raises:
        ValueError: the network has no such features, or ``out_indices`` is out of range.
    """

    def __init__(
        self,
        network: Union[nn.Module, dict],
        out_indices: Optional[Sequence[int]] = None,
        init_cfg: Optional[dict] = None,
    ) -> None:
        network = MODELS.build(network) if isinstance(network, dict) else network
        if not hasattr(network, 'forward_features'):
            raise ValueError(
                f'{type(network).__name__} has no forward_features; for a DARTS genotype use GenotypeBackbone'
            )
        super().__init__(init_cfg, getattr(network, 'in_channels', 3))
        count = len(network.out_channels)
        self.out_indices = tuple(range(count) if out_indices is None else out_indices)
        if not self.out_indices or list(self.out_indices) != sorted(set(self.out_indices) & set(range(count))):
            raise ValueError(
                f'out_indices must be chosen from {tuple(range(count))}, fine to coarse without repeats, got '
                f'{self.out_indices}'
            )
        for name in ('classifier', 'decoder', 'norm'):
            # What only the logits need would be a parameter without a gradient.
            if name in dict(network.named_children()):
                delattr(network, name)
        self.network = network
        #: A stand-alone network has nothing to search.
        self.arch = BaseArchitecture()

    @property
    def out_channels(self) -> tuple[int, ...]:
        """Channels of each output."""
        return tuple(self.network.out_channels[i] for i in self.out_indices)

    @property
    def out_strides(self) -> tuple[int, ...]:
        """Stride of each output with respect to the image."""
        return tuple(self.network.out_strides[i] for i in self.out_indices)

    @property
    def feature_info(self) -> FeatureInfo:
        """Channels, stride and stage of each output, as timm gives them."""
        return FeatureInfo(self.out_channels, self.out_strides, [f'stage{i}' for i in self.out_indices])

    def forward(self, x: Tensor, visible: Optional[Visibility] = None) -> tuple[Tensor, ...]:
        """
        Args:
            x (Tensor): (B, 3, H, W).
            visible: what ``sparse`` masking leaves visible.

        Returns:
            tuple: one feature for each of ``out_indices``.
        """
        features = self.network.forward_features(x, visible)
        return tuple(features[i] for i in self.out_indices)
