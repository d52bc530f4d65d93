"""Parameters and multiply-adds."""

from dataclasses import dataclass

import torch
from mmengine.analysis import FlopAnalyzer
from torch import nn

#: What is counted: convolutions and linear layers, the convention of Tables 1 and 6.
_COUNTED = ('conv', 'linear', 'addmm', 'matmul', 'bmm')


@dataclass(frozen=True)
class Complexity:
    """Size and cost of a network.

    Args:
        params: number of parameters.
        macs: multiply-adds of convolutions and linear layers for one image.
    """

    params: int
    macs: int


def measure_complexity(model: nn.Module, input_shape: tuple[int, int, int]) -> Complexity:
    """Counts parameters, and multiply-adds of one image of ``input_shape`` (C, H, W).

    Normalisation, pooling and activations are not counted, which reproduces the
    figures of Tables 1 and 6.
    """
    was_training = model.training
    model.eval()
    image = torch.zeros(1, *input_shape, device=next(model.parameters()).device)
    analyzer = FlopAnalyzer(model, (image,)).unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    counts = analyzer.tracer_warnings('none').by_operator()
    model.train(was_training)
    return Complexity(sum(p.numel() for p in model.parameters()), int(sum(counts[name] for name in _COUNTED)))
