"""Decoders of TransNAS-Bench-101 (yawen-d/TransNASBench: lib/models/task_models/decoder.py)."""

from torch import Tensor, nn


class ClassificationDecoder(nn.Module):
    """Global average pooling and a linear layer.

    Args:
        in_channels: channels of the last feature.
        num_classes: number of classes.
    """

    def __init__(self, in_channels: int, num_classes: int) -> None:
        super().__init__()
        self.classifier = nn.Linear(in_channels, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, num_classes) logits."""
        return self.classifier(x.mean((2, 3)))


class SegmentationDecoder(nn.Sequential):
    """Convolutions and transposed convolutions from the last feature back to the image.

    Eight layers whatever the stride: after the first (1024 channels), ``6 - u`` plain and
    then ``u`` transposed convolutions, with u doublings of the resolution. Each but the
    first and the last transposed one halves the channels, down to 32.

    Args:
        in_channels: channels of the last feature.
        in_stride: its stride with respect to the image: 4, 8, 16, 32 or 64.
        num_classes: number of classes.

    Raises:
        ValueError: the stride is another.
    """

    def __init__(self, in_channels: int, in_stride: int, num_classes: int) -> None:
        if in_stride not in (4, 8, 16, 32, 64):
            raise ValueError(f'the segmentation decoder starts at stride 4, 8, 16, 32 or 64, got {in_stride}')
        doublings = in_stride.bit_length() - 1
        layers = [_layer(nn.Conv2d(in_channels, 1024, 3, padding=1))]
        channels = 1024
        for _ in range(6 - doublings):
            layers.append(_layer(nn.Conv2d(channels, channels // 2, 3, padding=1)))
            channels //= 2
        for i in range(doublings):
            out = channels if i == doublings - 1 else channels // 2
            layers.append(_layer(nn.ConvTranspose2d(channels, out, 3, stride=2, padding=1, output_padding=1)))
            channels = out
        super().__init__(*layers, nn.Conv2d(channels, num_classes, 3, padding=1))


def _layer(conv: nn.Module) -> nn.Sequential:
    return nn.Sequential(conv, nn.BatchNorm2d(conv.out_channels), nn.LeakyReLU(0.2))
