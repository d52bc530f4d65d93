"""A stand-alone network on a downstream task: labels of images or of pixels."""

from typing import Optional, Sequence, Union

import torch
import torch.nn.functional as F
from mmengine.model import BaseModel
from mmengine.structures import PixelData
from torch import Tensor, nn

from ...registry import MODELS


@MODELS.register_module()
class NetworkClassifier(BaseModel):
    """Cross entropy on the logits of a stand-alone network, whatever its space.

    Logits (B, K) classify images and take and give the samples of mmpretrain
    (``gt_label``, ``pred_score``); logits (B, K, H, W) classify pixels and take and give
    those of mmdet (``gt_sem_seg``, ``pred_sem_seg``), as TransNAS-Bench-101's
    segmentation does with ``decoder='segmentation'``.

    Args:
        network: the network or its config, such as
            ``dict(type='mmnas_mae.TransNASNetwork', genotype='64-41414-1_02_333')``.
        label_smooth: label smoothing.
        ignore_index: label of pixels that count for nothing.
        data_preprocessor: config of the host package's, such as ``ClsDataPreprocessor``
            or ``DetDataPreprocessor``.
        init_cfg: initialisation config of MMEngine.
    """

    def __init__(
        self,
        network: Union[nn.Module, dict],
        label_smooth: float = 0.0,
        ignore_index: int = 255,
        data_preprocessor: Optional[dict] = None,
        init_cfg: Optional[dict] = None,
    ) -> None:
        if isinstance(data_preprocessor, dict):
            # The configs of mmpretrain name no type.
            data_preprocessor = dict(dict(type='ClsDataPreprocessor'), **data_preprocessor)
        super().__init__(data_preprocessor, init_cfg)
        self.network = MODELS.build(network) if isinstance(network, dict) else network
        self.label_smooth = label_smooth
        self.ignore_index = ignore_index

    def forward(
        self, inputs: Tensor, data_samples: Optional[Sequence] = None, mode: str = 'tensor'
    ) -> Union[Tensor, dict[str, Tensor], list]:
        """
        Args:
            inputs (Tensor): (B, 3, H, W).
            data_samples: one for each image, for ``loss`` and ``predict``.
            mode: ``tensor`` gives logits, ``loss`` a dict, ``predict`` the samples.
        """
        logits = self.network(inputs)
        if mode == 'tensor':
            return logits
        if mode == 'loss':
            return dict(loss=self._loss(logits, data_samples))
        predict = self._predict_image if logits.dim() == 2 else self._predict_pixels
        return [predict(row, sample) for row, sample in zip(logits, data_samples)]

    def _loss(self, logits: Tensor, data_samples: Sequence) -> Tensor:
        if logits.dim() == 2:
            target = torch.cat([sample.gt_label for sample in data_samples])
        else:
            target = torch.cat([sample.gt_sem_seg.sem_seg for sample in data_samples]).long()
        return F.cross_entropy(
            logits, target.to(logits.device), ignore_index=self.ignore_index, label_smoothing=self.label_smooth
        )

    def _predict_image(self, logits: Tensor, sample: object) -> object:
        scores = logits.softmax(0)
        return sample.set_pred_score(scores).set_pred_label(scores.argmax(0, keepdim=True))

    def _predict_pixels(self, logits: Tensor, sample: object) -> object:
        # Without the padding, and as large as the image was before it was resized.
        height, width = sample.img_shape[:2]
        logits = logits[None, :, :height, :width]
        logits = F.interpolate(logits, size=tuple(sample.ori_shape[:2]), mode='bilinear', align_corners=False)
        labels = PixelData(sem_seg=logits.argmax(1))
        labels.set_metainfo(dict(ignore_index=self.ignore_index))
        sample.pred_sem_seg = labels
        return sample
