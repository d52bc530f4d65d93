"""MAE-NAS: the masked autoencoder whose encoder is the search network."""

from typing import Any, Optional, Sequence

import torch
from mmengine.structures import BaseDataElement
from torch import Tensor

from ..registry import MODELS
from .masking import FeatureBridge, Visibility
from .search_model import SearchModel

MASKINGS = ('input', 'sparse')


@MODELS.register_module()
class MAENAS(SearchModel):
    """Search by reconstruction of masked images (paper sections 3.1 and A.1.1).

    image -> mask -> backbone (F1, F2, F3) -> neck -> masked L1.

    Args:
        backbone: the search network; it says ``out_channels`` and ``out_strides``.
        neck: the decoder; these two are filled in.
        head: the loss.
        mask_generator: which pixels are masked.
        masking: ``input`` masks pixels only; ``sparse`` hides masked positions in
            every feature map too and normalises over visible ones (SparK).
        feature_norm: whether features are normalised, without parameters, before
            the decoder.
        data_preprocessor: normalisation of the images.

    Raises:
        ValueError: ``masking`` is unknown.
    """

    def __init__(
        self,
        backbone: dict,
        neck: dict,
        head: dict,
        mask_generator: dict,
        masking: str = 'input',
        feature_norm: bool = True,
        data_preprocessor: Optional[dict] = None,
        init_cfg: Optional[dict] = None,
    ) -> None:
        super().__init__(backbone, data_preprocessor, init_cfg)
        if masking not in MASKINGS:
            raise ValueError(f'masking must be one of {MASKINGS}, got {masking!r}')
        self.masking = masking
        channels, strides = self.backbone.out_channels, self.backbone.out_strides
        self.bridge = FeatureBridge(channels, norm=feature_norm, mask_token=masking == 'sparse')
        self.neck = MODELS.build(neck, default_args=dict(in_channels=channels, in_strides=strides))
        self.head = MODELS.build(head)
        self.mask_generator = MODELS.build(mask_generator)

    def generators(self) -> list[torch.Generator]:
        """The generator of the masks."""
        return [self.mask_generator.generator]

    def prepare(self, inputs: Tensor, data_samples: Optional[Sequence] = None) -> dict[str, Any]:
        """Draws a mask for each image; the samples are not looked at."""
        return dict(images=inputs, mask=self.mask_generator(inputs))

    def losses(self, images: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """The reconstruction loss.

        Args:
            images (Tensor): (B, 3, H, W).
            mask (Tensor): (B, 1, H, W), 1 = masked.
        """
        return self.head.loss(self.reconstruct(images, mask), images, mask)

    def reconstruct(self, images: Tensor, mask: Tensor) -> Tensor:
        """The image as the decoder sees it: (B, 3, H, W)."""
        return self.decode(*self.encode(images, mask))

    def encode(self, images: Tensor, mask: Tensor) -> tuple[tuple[Tensor, ...], Optional[Visibility]]:
        """The features of a masked image, and what they may see of it (None: all)."""
        visible = Visibility(mask) if self.masking == 'sparse' else None
        return self.backbone(images * (1 - mask), visible), visible

    def decode(self, features: tuple[Tensor, ...], visible: Optional[Visibility]) -> Tensor:
        """The image behind features: (B, 3, H, W)."""
        return self.neck(self.bridge(features, visible))

    def predict(self, inputs: Tensor, data_samples: Optional[Sequence] = None) -> list[BaseDataElement]:
        """Reconstructs under fixed masks.

        Returns:
            list[BaseDataElement]: for each image ``image``, ``reconstruction`` (3, H, W,
            normalised), ``mask`` (1, H, W) and ``loss``.
        """
        samples = data_samples or [BaseDataElement() for _ in inputs]
        mask = self.fixed_mask(inputs, samples)
        reconstruction = self.reconstruct(inputs, mask)
        losses = self.head.per_image(reconstruction, inputs, mask)
        return [
            BaseDataElement(metainfo=sample.metainfo, image=image, reconstruction=output, mask=patches, loss=loss)
            for sample, image, output, patches, loss in zip(samples, inputs, reconstruction, mask, losses)
        ]

    def fixed_mask(self, inputs: Tensor, samples: Sequence) -> Tensor:
        """The masks of held-out images: (B, 1, H, W).

        The mask of an image depends on the generator's seed and the ``sample_idx`` of
        its sample alone (its place in the batch where there is none).
        """
        return self.mask_generator(inputs, keys=[sample.get('sample_idx', i) for i, sample in enumerate(samples)])
