"""A derived architecture of a DARTS space as a classifier."""

from typing import Any, Optional

from mmengine.model import BaseModule
from torch import Tensor, nn

from ...registry import MODELS, SKELETONS
from ...spaces.load import GenotypeLike
from .darts_supernet import DARTSSupernet
from .genotype_backbone import GenotypeBackbone
from .skeleton import Skeleton


@MODELS.register_module()
class GenotypeNetwork(BaseModule):
    """The derived backbone, global average pooling and a linear classifier (quark0/darts: cnn/model.py).

    Args:
        genotype: path of a ``genotype.json``, its dict, a published name or DARTS text.
        num_classes: number of classes.
        init_cfg: initialisation config of MMEngine.
        backbone: arguments of :class:`mmnas_mae.GenotypeBackbone`, such as ``space``,
            ``init_channels``, ``layers``, ``stem`` and ``in_channels``.

    Raises:
        ValueError: the genotype or an argument is invalid.
    """

    def __init__(
        self, genotype: GenotypeLike, num_classes: int = 10, init_cfg: Optional[dict] = None, **backbone: Any
    ) -> None:
        super().__init__(init_cfg)
        if 'out_indices' in backbone:
            raise ValueError('a classifier reads the last feature; out_indices is an argument of GenotypeBackbone')
        self.backbone = GenotypeBackbone(genotype, **backbone)
        self.genotype = self.backbone.genotype
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(self.backbone.out_channels[-1], num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, num_classes) logits."""
        return self.classifier(self.pool(self.backbone(x)[-1]).flatten(1))


@SKELETONS.register_module(name='darts')
def darts() -> Skeleton:
    """Stages of normal cells, each but the first with a reduction cell in front."""
    return Skeleton(DARTSSupernet, GenotypeNetwork, GenotypeBackbone, retrain='backbone')
