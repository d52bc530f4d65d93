from .architecture import Architecture
from .benchmark_ops import AvgPoolConv, BasicBlock
from .cell import Cell, CellWeights, drop_path
from .darts_network import DARTSNetwork
from .decoders import HierarchicalDecoder, SingleScaleDecoder
from .features_only import FeatureInfo, FeaturesOnly
from .depthwise import DepthwiseConv2d, fast_layout
from .genotype_backbone import GenotypeBackbone
from .genotype_network import GenotypeNetwork
from .heads import AuxiliaryHead, MaskedReconstructionHead
from .maenas import MAENAS
from .masking import FeatureBridge, MaskedBatchNorm2d, PatchMaskGenerator, Visibility
from .mixed_op import MixedOp, PartialMixedOp
from .nasbench101_architecture import NASBench101Architecture
from .nasbench101_network import NASBench101Network
from .nasbench101_supernet import NASBench101Supernet
from .nasbench201_network import NASBench201Network, NASBench201Supernet
from .network_classifier import NetworkClassifier
from .ops import OpArgs, build_op
from .relaxations import SoftmaxRelaxation
from .search_model import SearchModel
from .supernet import DARTSSupernet
from .transnas101_network import TransNASNetwork, TransNASSupernet

__all__ = [
    'MAENAS',
    'Architecture',
    'AuxiliaryHead',
    'AvgPoolConv',
    'BasicBlock',
    'Cell',
    'CellWeights',
    'DARTSNetwork',
    'DARTSSupernet',
    'DepthwiseConv2d',
    'FeatureBridge',
    'FeatureInfo',
    'FeaturesOnly',
    'GenotypeBackbone',
    'GenotypeNetwork',
    'HierarchicalDecoder',
    'MaskedBatchNorm2d',
    'MaskedReconstructionHead',
    'MixedOp',
    'NASBench101Architecture',
    'NASBench101Network',
    'NASBench101Supernet',
    'NASBench201Network',
    'NASBench201Supernet',
    'NetworkClassifier',
    'OpArgs',
    'PartialMixedOp',
    'PatchMaskGenerator',
    'SearchModel',
    'SingleScaleDecoder',
    'SoftmaxRelaxation',
    'TransNASNetwork',
    'TransNASSupernet',
    'Visibility',
    'build_op',
    'drop_path',
    'fast_layout',
]
