"""How wide a network may be."""

from typing import Any, Callable, Mapping, Sequence, TypeVar

from torch import Tensor, nn

from ..costs import measure_complexity
from ..registry import MODELS

Width = TypeVar('Width', int, float)


class _Classifier(nn.Module):
    """A backbone, the mean over the last map, a linear layer."""

    def __init__(self, backbone: nn.Module, num_classes: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = nn.Linear(backbone.out_channels[-1], num_classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.backbone(x)[-1].mean((2, 3)))


def classifier(backbone: Mapping[str, Any], num_classes: int) -> nn.Module:
    """The classifier of a backbone, whose config is given, with weights as they are drawn: (B, C, H, W) -> logits."""
    return _Classifier(MODELS.build(dict(backbone)), num_classes)


def classifier_cost(backbone: Mapping[str, Any], shape: Sequence[int], num_classes: int) -> dict[str, float]:
    """``params`` and ``macs`` of that classifier.

    Args:
        backbone: the config.
        shape: (C, H, W) of an image.
        num_classes: number of classes.
    """
    # Not built on `meta`: networks of other libraries compute what they are built from.
    return dict(vars(measure_complexity(classifier(backbone, num_classes).to('meta'), shape)))


def widest(
    widths: Sequence[Width], cost: Callable[[Width], Mapping[str, float]], macs: float, name: str
) -> tuple[Width, Mapping[str, float]]:
    """The largest width whose multiply-adds keep within a limit, and its cost; cost must grow with width.

    Raises:
        ValueError: even the smallest exceeds it.
    """
    least = cost(widths[0])
    if least['macs'] > macs:
        raise ValueError(
            f'{name} of width {widths[0]:g}, the smallest, has {least["macs"] / 1e6:.2f} M multiply-adds, '
            f'the limit is {macs / 1e6:.2f} M'
        )
    # Looked for from below: a width far above the limit takes long to be built.
    high = 1
    while high < len(widths) and cost(widths[high])['macs'] <= macs:
        high *= 2
    low, high = high // 2, min(high, len(widths))
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if cost(widths[middle])['macs'] <= macs else (low, middle)
    return widths[low], cost(widths[low])


def out_channels(backbone: Mapping[str, Any]) -> int:
    """Channels of the last feature of a backbone, whose config is given."""
    return MODELS.build(dict(backbone)).out_channels[-1]
