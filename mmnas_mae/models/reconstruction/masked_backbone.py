"""Any convolutional backbone as the encoder of a masked autoencoder."""

from contextlib import contextmanager
from typing import Any, Iterator, Mapping, Optional

import torch
from mmengine.utils.dl_utils.parrots_wrapper import _BatchNorm
from torch import Tensor, nn

from ...registry import MODELS
from ..architecture.base_architecture import BaseArchitecture
from ..layers.masked_norm import MaskedBatchNorm2d, Visibility, hide
from ..networks.base_network import BaseNetwork
from ..networks.features_only import FeatureInfo
from ..networks.pretrained import check_weights

#: Side of the image that says channels and strides of the features; a multiple of every usual stride.
_PROBE = 64
#: What carries features to positions beside theirs.
_SPREADING = (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)
#: What looks at a whole map at once, masked positions too.
_GLOBAL = (nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d, nn.GroupNorm, nn.LayerNorm, nn.InstanceNorm2d)


@MODELS.register_module()
class MaskedBackbone(BaseNetwork):
    """A convolutional backbone of another library, such as a ResNet of mmpretrain, that a mask can be put over.

    ``sparse`` masking then works as in the networks of this package (SparK): the output of every convolution and
    pooling is zero where the mask is, and batch normalisation takes its statistics over visible positions. Nothing of
    the network's own code is replaced: the mask is handed to its layers by hooks that live for one pass. Without a mask
    it computes what the network alone computes, and its weights have the same names behind ``network.``.

    Args:
        network: config of the backbone; its forward pass gives a tuple of features, fine to coarse.
        in_channels: channels of an image; the first convolution is replaced where it takes others.
        finer: how many of its first convolutions of stride 2 get stride 1, for images that are smaller than those it
            was made for. Only networks without a second path around these convolutions stay whole.
        init_cfg: initialisation config of MMEngine.

    Raises:
        ValueError: the network gives no features, or has fewer such convolutions; later, a mask on a network whose
            layers look at whole maps.
    """

    def __init__(self, network: dict, in_channels: int = 3, finer: int = 0, init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg, in_channels)
        self.network = MODELS.build(network)
        _take_channels(self.network, in_channels)
        _make_finer(self.network, finer)
        _mask_norms(self.network)
        #: A stand-alone network has nothing to search.
        self.arch = BaseArchitecture()
        shapes = self._probe()
        self.out_channels = tuple(shape[1] for shape in shapes)
        self.out_strides = tuple(_PROBE // shape[-1] for shape in shapes)

    @property
    def feature_info(self) -> FeatureInfo:
        """Channels and stride of each output, as timm gives them."""
        names = [f'network.{number}' for number in range(len(self.out_channels))]
        return FeatureInfo(self.out_channels, self.out_strides, names)

    def forward(self, x: Tensor, visible: Optional[Visibility] = None) -> tuple[Tensor, ...]:
        """
        Args:
            x (Tensor): (B, C, H, W).
            visible: what ``sparse`` masking leaves visible.

        Returns:
            tuple: the features of the network, fine to coarse.
        """
        if visible is None:
            return tuple(self.network(x))
        with self._masked(visible):
            return tuple(self.network(x))

    def _load_from_state_dict(self, state_dict: Mapping[str, Tensor], prefix: str, *args: Any) -> None:
        # As GenotypeBackbone: MMEngine would only warn of weights of another network.
        if any(name.startswith(prefix) for name in state_dict):
            check_weights(self, state_dict, prefix, 'network')
        super()._load_from_state_dict(state_dict, prefix, *args)

    @contextmanager
    def _masked(self, visible: Visibility) -> Iterator[None]:
        """Layers that see only what is visible, within the block."""
        handles = []
        try:
            for name, module in self.network.named_modules():
                if isinstance(module, _GLOBAL):
                    raise ValueError(
                        f'masking="sparse" needs a network of convolutions and batch normalisation; {name} of '
                        f'{type(self.network).__name__} is a {type(module).__name__}: use masking="input"'
                    )
                if isinstance(module, MaskedBatchNorm2d):
                    handles.append(
                        module.register_forward_pre_hook(
                            lambda _, args, kwargs: (args, dict(kwargs, visible=visible)), with_kwargs=True
                        )
                    )
                elif isinstance(module, _SPREADING):
                    handles.append(module.register_forward_hook(lambda _, args, out: hide(out, visible)))
            yield
        finally:
            for handle in handles:
                handle.remove()

    @torch.no_grad()
    def _probe(self) -> list[torch.Size]:
        """(1, C, H, W) of each feature of an image of 64 pixels."""
        was_training = self.network.training
        device = next(self.network.parameters()).device
        # Not in one call: `eval` of mmpretrain's backbones returns nothing.
        self.network.eval()
        try:
            features = self.network(torch.zeros(1, self.in_channels, _PROBE, _PROBE, device=device))
        except RuntimeError as error:
            raise ValueError(f'the network of MaskedBackbone does not run: {error}') from None
        finally:
            self.network.train(was_training)
        if not isinstance(features, (tuple, list)):
            raise ValueError(f'the network of MaskedBackbone must give a tuple of features, got {type(features)}')
        return [feature.shape for feature in features]


def _convolutions(network: nn.Module) -> list[tuple[nn.Module, str, nn.Conv2d]]:
    """Owner, name in it and module of each convolution, in the order in which they were made."""
    return [
        (owner, name, module)
        for owner in network.modules()
        for name, module in owner.named_children()
        if isinstance(module, nn.Conv2d)
    ]


def _take_channels(network: nn.Module, in_channels: int) -> None:
    owner, name, first = _convolutions(network)[0]
    if first.in_channels != in_channels:
        sizes = first.kernel_size, first.stride, first.padding, first.dilation
        new = nn.Conv2d(in_channels, first.out_channels, *sizes, bias=first.bias is not None)
        setattr(owner, name, new)


def _make_finer(network: nn.Module, finer: int) -> None:
    strided = [module for _, _, module in _convolutions(network) if module.stride == (2, 2)]
    if not 0 <= finer <= len(strided):
        raise ValueError(f'finer must lie between 0 and {len(strided)}, the convolutions of stride 2, got {finer!r}')
    for module in strided[:finer]:
        module.stride = (1, 1)


def _mask_norms(network: nn.Module) -> None:
    """Batch normalisation that can take a mask, with the same parameters under the same names."""
    for owner in list(network.modules()):
        for name, module in list(owner.named_children()):
            if not isinstance(module, _BatchNorm) or isinstance(module, MaskedBatchNorm2d):
                continue
            settings = module.eps, module.momentum, module.affine, module.track_running_stats
            new = MaskedBatchNorm2d(module.num_features, *settings)
            new.train(module.training)
            for parameter, own in zip(new.parameters(), module.parameters()):
                parameter.requires_grad = own.requires_grad
            new.to(next(iter(module.state_dict().values()), torch.empty(0)).device).load_state_dict(module.state_dict())
            setattr(owner, name, new)
