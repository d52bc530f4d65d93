"""MIM-DARTS: labels and masked images together."""

from typing import Any, Optional, Sequence

import torch.nn.functional as F
from mmengine.structures import BaseDataElement
from torch import Tensor

from ...registry import MODELS
from ..reconstruction.masked_reconstruction_head import Reconstruction
from .maenas import MAENAS
from .predictive_search import answers, read_labels

CLASSIFY = ('masked', 'whole')


@MODELS.register_module()
class MIMDARTS(MAENAS):
    """Supervised search with masked reconstruction as an auxiliary loss (Guo et al. 2022, alpha-DARTS).

    ``loss = cls_weight * cross entropy + rec_weight * masked L1``. The authors' code and
    weights are not public, hence equal weights by default.

    Args:
        backbone, neck, head, mask_generator, masking, feature_norm, masks, data_preprocessor, init_cfg: as in
            :class:`MAENAS`.
        cls_head: the classifier of the last feature, which says ``num_classes``.
        cls_weight, rec_weight: weights of the two losses.
        classify: what is classified: the ``masked`` image, in the same forward pass, or
            the ``whole`` one in a second.

    Raises:
        ValueError: ``classify`` is unknown, or a weight is negative.
    """

    def __init__(
        self,
        backbone: dict,
        neck: dict,
        head: dict,
        mask_generator: dict,
        cls_head: dict,
        cls_weight: float = 1.0,
        rec_weight: float = 1.0,
        classify: str = 'masked',
        masking: str = 'input',
        feature_norm: bool = True,
        masks: int = 1,
        data_preprocessor: Optional[dict] = None,
        init_cfg: Optional[dict] = None,
    ) -> None:
        super().__init__(
            backbone, neck, head, mask_generator, masking, feature_norm, masks, data_preprocessor, init_cfg
        )
        if classify not in CLASSIFY:
            raise ValueError(f'MIMDARTS.classify must be one of {CLASSIFY}, got {classify!r}')
        for name, value in dict(cls_weight=cls_weight, rec_weight=rec_weight).items():
            if value < 0:
                raise ValueError(f'MIMDARTS.{name} must not be negative, got {value}')
        self.cls_head = MODELS.build(cls_head, default_args=dict(in_channels=self.backbone.out_channels[-1]))
        self.cls_weight = cls_weight
        self.rec_weight = rec_weight
        self.classify = classify

    def prepare(self, inputs: Tensor, data_samples: Optional[Sequence] = None) -> dict[str, Any]:
        """Draws a mask for each image and reads its label."""
        prepared = super().prepare(inputs, data_samples)
        return dict(prepared, target=read_labels(data_samples, inputs.device))

    def losses(self, images: Tensor, mask: Tensor, target: Tensor) -> dict[str, Tensor]:
        """Both losses, weighted.

        Args:
            images (Tensor): (B, C, H, W).
            mask (Tensor): (B, 1, H, W), 1 = masked.
            target (Tensor): (B,) labels.
        """
        reconstruction, logits = self.outputs(images, mask)
        reconstruction_loss = self.head.loss(reconstruction, images, mask)['loss']
        return dict(
            loss_cls=self.cls_weight * F.cross_entropy(logits, target), loss_rec=self.rec_weight * reconstruction_loss
        )

    def outputs(self, images: Tensor, mask: Tensor) -> tuple[Reconstruction, Tensor]:
        """The reconstruction, as :meth:`MAENAS.reconstruct`, and the logits (B, num_classes)."""
        features, visible = self.encode(images, mask)
        last = (features if self.classify == 'masked' else self.backbone(images))[-1]
        return self.decode(features, visible), self.cls_head(last, images.shape[-2:])

    def predict_masked(self, inputs: Tensor, samples: Sequence, mask: Tensor) -> list[BaseDataElement]:
        """As :meth:`MAENAS.predict_masked`, the weighted sum as ``loss``, and ``correct``, 1 for a right class."""
        target = read_labels(samples, inputs.device)
        reconstruction, logits = self.outputs(inputs, mask)
        results = self.judge(reconstruction, inputs, samples, mask)
        for result, answer in zip(results, answers(logits, target, samples)):
            loss = self.cls_weight * answer.loss + self.rec_weight * result.loss
            result.set_data(dict(loss=loss, correct=answer.correct))
        return results
