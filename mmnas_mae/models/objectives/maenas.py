"""MAE-NAS: the masked autoencoder whose encoder is the search network."""

import math
from typing import Any, Mapping, Optional, Sequence

import torch
from mmengine.structures import BaseDataElement
from torch import Tensor, nn

from ...registry import MODELS
from ...utils.images import fitting_sides
from ...utils.ranges import COUNT
from ...utils.seeding import stream_seed
from ..layers.masked_norm import Visibility
from ..reconstruction.feature_bridge import FeatureBridge
from ..reconstruction.masked_reconstruction_head import Reconstruction
from .prediction import MEASURES, predictions
from .search_model import SearchModel

MASKINGS = ('input', 'sparse')


@MODELS.register_module()
class MAENAS(SearchModel):
    """Search by reconstruction of masked images (paper sections 3.1 and A.1.1).

    image -> mask -> backbone (F1, F2, F3) -> neck -> masked L1.

    Args:
        backbone: the search network; it says ``out_channels`` and ``out_strides``.
        neck: the decoder; ``in_channels`` and ``in_strides`` are filled in from these two, and
            ``out_channels`` from what the target of the head compares.
        head: the loss; ``patch_size``, that of the masks, and ``image_channels`` are filled in.
        mask_generator: which pixels are masked.
        masking: ``input`` masks pixels only; ``sparse`` hides masked positions in
            every feature map too and normalises over visible ones (SparK).
        feature_norm: whether features are normalised, without parameters, before
            the decoder.
        masks: masks of a held-out image; its loss is the mean over them.
        data_preprocessor: normalisation of the images.
        init_cfg: initialisation config of MMEngine.

    Raises:
        ValueError: ``masking`` is unknown, ``masks`` below 1, or neck or head have other figures than follow from the
            rest; later, images whose sides are no multiples of the patches and of the stride of the last feature, or
            whose channels the backbone does not take.
    """

    against_collapse = 'a larger mask_generator.ratio or neck.type=mmnas_mae.HierarchicalDecoder counteract this'

    def __init__(
        self,
        backbone: dict,
        neck: dict,
        head: dict,
        mask_generator: dict,
        masking: str = 'input',
        feature_norm: bool = True,
        masks: int = 1,
        data_preprocessor: Optional[dict] = None,
        init_cfg: Optional[dict] = None,
    ) -> None:
        super().__init__(backbone, data_preprocessor, init_cfg)
        if masking not in MASKINGS:
            raise ValueError(f'masking must be one of {MASKINGS}, got {masking!r}')
        COUNT.check('masks', masks)
        self.masking = masking
        self.masks = masks
        channels, strides = self.backbone.out_channels, self.backbone.out_strides
        self.bridge = FeatureBridge(channels, norm=feature_norm, mask_token=masking == 'sparse')
        mask_generator = MODELS.build(mask_generator)
        known = dict(patch_size=mask_generator.patch_size, image_channels=self.backbone.in_channels)
        head = _build('head', head, known)
        decoded = dict(in_channels=list(channels), in_strides=list(strides), out_channels=head.out_channels)
        self.neck = _build('neck', neck, decoded)
        self.mask_generator = mask_generator
        self.head = head

    def generators(self) -> list[torch.Generator]:
        """The generator of the masks."""
        return [self.mask_generator.generator]

    def prepare(self, inputs: Tensor, data_samples: Optional[Sequence] = None) -> dict[str, Any]:
        """Draws a mask for each image; the samples are not looked at."""
        self._check_images(inputs)
        return dict(images=inputs, mask=self.mask_generator(inputs))

    def losses(self, images: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """The reconstruction loss.

        Args:
            images (Tensor): (B, C, H, W).
            mask (Tensor): (B, 1, H, W), 1 = masked.
        """
        return self.head.loss(self.reconstruct(images, mask), images, mask)

    def reconstruct(self, images: Tensor, mask: Tensor) -> Reconstruction:
        """What the decoder makes of the image, (B, C, H, W), or several where the decoder gives several."""
        return self.decode(*self.encode(images, mask))

    def encode(self, images: Tensor, mask: Tensor) -> tuple[tuple[Tensor, ...], Optional[Visibility]]:
        """The features of a masked image, and what they may see of it (None: all)."""
        visible = Visibility(mask) if self.masking == 'sparse' else None
        return self.backbone(images * (1 - mask), visible), visible

    def decode(self, features: tuple[Tensor, ...], visible: Optional[Visibility]) -> Reconstruction:
        """What the decoder makes of features, (B, C, H, W), or several."""
        return self.neck(self.bridge(features, visible))

    def predict(self, inputs: Tensor, data_samples: Optional[Sequence] = None) -> list[BaseDataElement]:
        """Reconstructs under fixed masks.

        Returns:
            list[BaseDataElement]: for each image ``loss``, ``image`` and ``mask``, and where the
            target of the head gives pixels ``reconstruction`` and ``l1``; :mod:`.prediction`
            says what they are. Of several masks the first, and mean errors.
        """
        samples = data_samples or [BaseDataElement() for _ in inputs]
        rounds = [self.predict_masked(inputs, samples, self.fixed_mask(inputs, samples, k)) for k in range(self.masks)]
        for same in zip(*rounds):
            for name in MEASURES & set(same[0].keys()):
                same[0].set_data({name: torch.stack([each.get(name) for each in same]).mean(0)})
        return rounds[0]

    def predict_masked(self, inputs: Tensor, samples: Sequence, mask: Tensor) -> list[BaseDataElement]:
        """What :meth:`predict` gives, under one mask for each image.

        Args:
            inputs (Tensor): (B, C, H, W), normalised.
            samples: one for each image.
            mask (Tensor): (B, 1, H, W), 1 = masked.
        """
        return self.judge(self.reconstruct(inputs, mask), inputs, samples, mask)

    def judge(
        self, reconstruction: Reconstruction, inputs: Tensor, samples: Sequence, mask: Tensor
    ) -> list[BaseDataElement]:
        """The result of each image, of which :meth:`predict` says what it holds."""
        pixels = self.head.pixels(reconstruction, inputs)
        seen = {}
        if pixels is not None:
            seen = dict(reconstruction=pixels, l1=self.head.pixel_error(pixels, inputs, mask))
        losses = self.head.per_image(reconstruction, inputs, mask)
        return predictions(samples, losses, image=inputs, mask=mask, **seen)

    def fixed_mask(self, inputs: Tensor, samples: Sequence, number: int = 0) -> Tensor:
        """The masks of held-out images: (B, 1, H, W).

        The mask of an image depends on the generator's seed, the ``sample_idx`` of its
        sample (its place in the batch where there is none) and ``number`` alone.

        Args:
            number: which of the masks of an image, from 0.
        """
        self._check_images(inputs)
        keys = [int(sample.get('sample_idx', i)) for i, sample in enumerate(samples)]
        return self.mask_generator(inputs, keys=[stream_seed(key, number) for key in keys] if number else keys)

    @property
    def fitting_step(self) -> int:
        """What both sides of an image must be multiples of, in pixels, for patches and features to cover it."""
        return math.lcm(self.mask_generator.patch_size, self.backbone.out_strides[-1])

    def _check_images(self, inputs: Tensor) -> None:
        """The backbone takes their channels; patches and the features of every stage cover them."""
        channels = self.backbone.in_channels
        if inputs.shape[1] != channels:
            raise ValueError(f'model.backbone.in_channels is {channels}, the images have {inputs.shape[1]} channels')
        patch, stride, step = self.mask_generator.patch_size, self.backbone.out_strides[-1], self.fitting_step
        height, width = inputs.shape[-2:]
        if height % step or width % step:
            raise ValueError(
                f'images of {height}x{width} pixels cannot be cut into patches of {patch} '
                f'(mask_generator.patch_size) and features of stride {stride}: both sides must be multiples of {step}, '
                f'such as {" or ".join(map(str, fitting_sides((height, width), step)))}'
            )


def _build(name: str, part: dict, known: Mapping[str, Any]) -> nn.Module:
    """A part of the model; figures that are known may be repeated in its config, but not changed."""
    for key, value in known.items():
        given = part.get(key)
        if given is not None and (list(given) if isinstance(given, Sequence) else given) != value:
            raise ValueError(f'model.{name}.{key} follows from the rest of the model, {value}, got {given}')
    return MODELS.build(part, default_args=dict(known))
