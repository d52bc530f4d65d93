"""Parameters and multiply-adds."""

from dataclasses import dataclass
from typing import Sequence

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from ..models import AuxiliaryHead, BaseArchitecture, NetworkClassifier, SearchModel


@dataclass(frozen=True)
class Complexity:
    """Size and cost of a network.

    Args:
        params: number of parameters.
        macs: multiply-adds of convolutions and linear layers for one image.
    """

    params: int
    macs: int


def measure_complexity(model: nn.Module, input_shape: Sequence[int]) -> Complexity:
    """Counts parameters, and multiply-adds of one image of ``input_shape`` (C, H, W).

    Auxiliary classifiers and architecture parameters are left out: no derived network has them.
    """
    aside = [module for module in model.modules() if isinstance(module, BaseArchitecture)]
    aside += [module.auxiliary for module in model.modules() if isinstance(module, AuxiliaryHead)]
    aside = {parameter for module in aside for parameter in module.parameters()}
    params = sum(parameter.numel() for parameter in model.parameters() if parameter not in aside)
    return Complexity(params, count_macs(model, input_shape))


@torch.no_grad()
def count_macs(model: nn.Module, input_shape: Sequence[int]) -> int:
    """Multiply-adds of convolutions and linear layers for one image, in eval mode.

    Normalisation, pooling and activations are not counted, which reproduces the figures of
    Tables 1 and 6. A model on the device ``meta`` is counted without computing anything.

    Args:
        model: takes (1, C, H, W); comes back in the mode it was in.
        input_shape: (C, H, W) of the image.
    """
    was_training = model.training
    # A module without parameters is counted where tensors are made.
    device = next(model.parameters(), torch.empty(0)).device
    image = torch.zeros(1, *input_shape, device=device)
    try:
        with FlopCounterMode(display=False) as counter:
            model.eval()(image)
    finally:
        model.train(was_training)
    # A multiply-add is two floating-point operations.
    return counter.get_total_flops() // 2


class CountedParts(nn.Sequential):
    """Those parts of the model of a config that say what its architecture costs, one after another.

    They are the backbone of a search model, the network of a :class:`mmnas_mae.NetworkClassifier`, backbone
    and neck of a detector, and backbone, neck and main head of a classifier of mmpretrain.

    Args:
        model: such a model.

    Attributes:
        names: of the parts, in the order in which an image passes them.

    Raises:
        ValueError: the model has none of them.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        own = {'backbone': SearchModel, 'network': NetworkClassifier}
        # mmdet calls no head `head`.
        names = [name for name, kind in own.items() if isinstance(model, kind)] or ['backbone', 'neck', 'head']
        for name in names:
            if isinstance(part := getattr(model, name, None), nn.Module):
                self.add_module(name, part)
        self.names = tuple(name for name, _ in self.named_children())
        if not self.names:
            raise ValueError(f'a {type(model).__name__} has no part to count: no {", ".join(names)}')
