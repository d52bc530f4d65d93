from .architecture import Architecture
from .cell import Cell, drop_path
from .decoders import HierarchicalDecoder, SingleScaleDecoder
from .genotype_backbone import GenotypeBackbone
from .heads import AuxiliaryHead, MaskedReconstructionHead
from .maenas import MAENAS
from .masking import FeatureBridge, MaskedBatchNorm2d, PatchMaskGenerator, Visibility
from .mixed_op import MixedOp
from .ops import OpArgs, build_op
from .relaxations import SoftmaxRelaxation
from .search_model import SearchModel
from .supernet import DARTSSupernet

__all__ = [
    'MAENAS',
    'Architecture',
    'AuxiliaryHead',
    'Cell',
    'DARTSSupernet',
    'FeatureBridge',
    'GenotypeBackbone',
    'HierarchicalDecoder',
    'MaskedBatchNorm2d',
    'MaskedReconstructionHead',
    'MixedOp',
    'OpArgs',
    'PatchMaskGenerator',
    'SearchModel',
    'SingleScaleDecoder',
    'SoftmaxRelaxation',
    'Visibility',
    'build_op',
    'drop_path',
]
