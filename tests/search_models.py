"""Small search models by masked reconstruction, built alike by several files of tests."""

from typing import Any

import torch

from mmnas_mae.models import SearchModel
from mmnas_mae.registry import MODELS


def masked_search(backbone: dict, **settings: Any) -> SearchModel:
    """MAE-NAS with a backbone, in training mode, with the weights of one seed; settings replace parts of its config."""
    torch.manual_seed(0)
    model = dict(
        type='mmnas_mae.MAENAS',
        backbone=backbone,
        neck=dict(type='mmnas_mae.HierarchicalDecoder'),
        head=dict(type='mmnas_mae.MaskedReconstructionHead'),
        mask_generator=dict(type='mmnas_mae.PatchMaskGenerator', patch_size=4, ratio=0.5),
    )
    return MODELS.build(dict(model, **settings)).train()
