"""Search by the prediction of classes: what classification and the pretext tasks have in common."""

from abc import abstractmethod
from typing import Any, Optional, Sequence

import torch
import torch.nn.functional as F
from mmengine.structures import BaseDataElement
from torch import Tensor

from ...registry import MODELS
from ..kernels.transfer import to_device
from ..layers.depthwise import fast_layout
from .prediction import predictions
from .search_model import SearchModel


class PredictiveSearch(SearchModel):
    """backbone -> head -> cross entropy.

    A subclass says what is predicted: :meth:`task`.

    Args:
        backbone: the search network; the head reads its last feature.
        head: the classifier; ``in_channels`` is filled in.
        label_smooth: label smoothing of the training loss.
        data_preprocessor: normalisation of the images.
        init_cfg: initialisation config of MMEngine.
    """

    def __init__(
        self,
        backbone: dict,
        head: dict,
        label_smooth: float = 0.0,
        data_preprocessor: Optional[dict] = None,
        init_cfg: Optional[dict] = None,
    ) -> None:
        super().__init__(backbone, data_preprocessor, init_cfg)
        self.head = MODELS.build(head, default_args=dict(in_channels=self.backbone.out_channels[-1]))
        self.label_smooth = label_smooth

    @abstractmethod
    def task(
        self, inputs: Tensor, data_samples: Optional[Sequence], keys: Optional[Sequence[int]] = None
    ) -> tuple[Tensor, Tensor]:
        """What the network is shown and what it should answer.

        Args:
            inputs (Tensor): (B, 3, H, W), normalised.
            data_samples: one for each image; a task without labels does not look at them.
            keys: one number for each image, of which the task is then a function; without
                them it is drawn from the model's own generators.

        Returns:
            tuple: images (V * B, C, h, w), the V views of an image consecutive, and the
            classes (N * B, ...), those of an image consecutive.
        """

    def prepare(self, inputs: Tensor, data_samples: Optional[Sequence] = None) -> dict[str, Any]:
        """Sets the task of a batch."""
        images, target = self.task(inputs, data_samples)
        return dict(images=fast_layout(images), target=target)

    def losses(self, images: Tensor, target: Tensor) -> dict[str, Tensor]:
        """The cross entropy.

        Args:
            images (Tensor): (V * B, C, h, w).
            target (Tensor): classes, (N * B, ...).
        """
        return dict(loss=F.cross_entropy(self.logits(images), target, label_smoothing=self.label_smooth))

    def logits(self, images: Tensor) -> Tensor:
        """The answers: (N * B, num_classes, ...)."""
        return self.head(self.backbone(images)[-1], images.shape[-2:])

    def predict(self, inputs: Tensor, data_samples: Optional[Sequence] = None) -> list[BaseDataElement]:
        """Answers a task that depends on the ``sample_idx`` of each sample alone (its place where there is none).

        Returns:
            list[BaseDataElement]: for each image ``loss``, its mean cross entropy, and
            ``correct``, the share of its classes that are right.
        """
        samples = data_samples or [BaseDataElement() for _ in inputs]
        keys = [int(sample.get('sample_idx', i)) for i, sample in enumerate(samples)]
        images, target = self.task(inputs, samples, keys)
        return answers(self.logits(fast_layout(images)), target, samples)


def answers(logits: Tensor, target: Tensor, samples: Sequence) -> list[BaseDataElement]:
    """Mean cross entropy and share of right classes of each image.

    Args:
        logits (Tensor): (N * B, num_classes, ...).
        target (Tensor): (N * B, ...).
        samples: B samples, whose meta information is kept.
    """
    losses = F.cross_entropy(logits, target, reduction='none').reshape(len(samples), -1).mean(1)
    correct = (logits.argmax(1) == target).float().reshape(len(samples), -1).mean(1)
    return predictions(samples, losses, correct=correct)


def read_labels(data_samples: Optional[Sequence], device: torch.device) -> Tensor:
    """The labels of a batch: (B,).

    Raises:
        ValueError: there are none.
    """
    if not data_samples or any('gt_label' not in sample for sample in data_samples):
        raise ValueError(
            'this search learns from labels and the samples have no gt_label: set with_label=True in '
            'mmnas_mae.PackImages, in the pipelines of train_dataloader and val_dataloader'
        )
    return to_device(torch.cat([sample.gt_label.reshape(-1) for sample in data_samples]), device)
