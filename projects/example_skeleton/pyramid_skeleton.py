"""A skeleton of your own: four stages of DARTS cells, whose features have the strides that an FPN reads."""

from functools import partial
from typing import Any

from mmnas_mae.models import DARTSSupernet, GenotypeBackbone, GenotypeNetwork, Skeleton
from mmnas_mae.registry import MODELS, SKELETONS

#: Cells of each stage, their strides, and a stem of stride 4: features at strides 4, 8, 16 and 32.
PYRAMID = dict(layers=(1, 2, 2, 2), strides=(1, 2, 2, 2), stem=dict(type='mmnas_mae.ConvStem', strides=(2, 2)))


@MODELS.register_module()
class PyramidSupernet(DARTSSupernet):
    """The search network: that of DARTS with four stages behind a stem of stride 4.

    Args:
        settings: of :class:`mmnas_mae.DARTSSupernet`; ``layers``, ``strides`` and ``stem`` are
            those of :data:`PYRAMID` where they are not given.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{**PYRAMID, **settings})


@SKELETONS.register_module()
def pyramid() -> Skeleton:
    """What a genotype that a :class:`PyramidSupernet` has found is counted and retrained as."""
    return Skeleton(
        PyramidSupernet, partial(GenotypeNetwork, **PYRAMID), partial(GenotypeBackbone, **PYRAMID), retrain='backbone'
    )
