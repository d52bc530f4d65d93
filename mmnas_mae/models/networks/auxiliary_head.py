"""The auxiliary classifier of retraining."""

from typing import Optional, Sequence

import torch.nn.functional as F
from mmengine.model import BaseModule
from torch import Tensor, nn

from ...registry import MODELS


@MODELS.register_module()
class AuxiliaryHead(BaseModule):
    """A classification head with the auxiliary classifier of DARTS beside it.

    The auxiliary classifier reads an intermediate feature and adds its loss, in
    training only (quark0/darts: cnn/model.py). The main head is any head of
    mmpretrain; it receives the last feature, pooled.

    Args:
        head: config of the main head; ``in_channels`` may be left out.
        in_channels: channels of the auxiliary feature and of the last feature, such
            as ``backbone.out_channels`` with ``out_indices=('aux', 2)``.
        num_classes: number of classes.
        stem: ``cifar`` or ``imagenet``, which differ in the stride of the first
            pooling; the ImageNet variant has no second normalisation.
        loss_weight: weight of the auxiliary loss (0.4 in DARTS).
        init_cfg: initialisation config of MMEngine.
    """

    def __init__(
        self,
        head: dict,
        in_channels: Sequence[int],
        num_classes: int,
        stem: str = 'cifar',
        loss_weight: float = 0.4,
        init_cfg: Optional[dict] = None,
    ) -> None:
        super().__init__(init_cfg)
        aux_channels, channels = in_channels
        self.head = MODELS.build(dict(head), default_args=dict(in_channels=channels, num_classes=num_classes))
        self.loss_weight = loss_weight
        layers = [
            nn.ReLU(),
            _AuxiliaryPool(stride=3 if stem == 'cifar' else 2),
            nn.Conv2d(aux_channels, 128, 1, bias=False),
            nn.BatchNorm2d(128),
            nn.ReLU(),
            nn.Conv2d(128, 768, 2, bias=False),
            *([_AuxiliaryNorm(768)] if stem == 'cifar' else []),
            nn.ReLU(),
        ]
        self.auxiliary = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(768, num_classes))

    def forward(self, feats: Sequence[Tensor]) -> Tensor:
        """(B, num_classes) scores of the main head.

        Args:
            feats: the auxiliary feature and the last one, (B, C_i, H_i, W_i).
        """
        return self.head(self._pool(feats))

    def loss(self, feats: Sequence[Tensor], data_samples: Sequence, **kwargs) -> dict[str, Tensor]:
        """The main head's losses and ``aux_loss``."""
        losses = self.head.loss(self._pool(feats), data_samples, **kwargs)
        auxiliary = self.head._get_loss(self.auxiliary(feats[0]), data_samples, **kwargs)
        losses['aux_loss'] = self.loss_weight * auxiliary['loss']
        return losses

    def predict(self, feats: Sequence[Tensor], data_samples: Optional[Sequence] = None) -> Sequence:
        """As the main head's."""
        return self.head.predict(self._pool(feats), data_samples)

    @staticmethod
    def _pool(feats: Sequence[Tensor]) -> tuple[Tensor]:
        return (F.adaptive_avg_pool2d(feats[-1], 1).flatten(1),)


class _AuxiliaryPool(nn.AvgPool2d):
    """DARTS' pooling; a feature too small for it, as of images below 32 pixels, is averaged to 2x2."""

    def __init__(self, stride: int) -> None:
        super().__init__(5, stride=stride, padding=0, count_include_pad=False)

    def forward(self, x: Tensor) -> Tensor:
        if min(x.shape[2:]) < 5 + self.stride:
            return F.adaptive_avg_pool2d(x, 2)
        return super().forward(x)


class _AuxiliaryNorm(nn.BatchNorm2d):
    """Batch normalisation of a single position; a last batch of one image has no statistics of its own."""

    def forward(self, x: Tensor) -> Tensor:
        if self.training and x.numel() == x.shape[1]:
            return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps)
        return super().forward(x)
