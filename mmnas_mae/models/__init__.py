from .architecture import Architecture, BaseArchitecture
from .benchmark_ops import AvgPoolConv, BasicBlock
from .cell import Cell, CellWeights, drop_path
from .classification_search import ClassificationSearch
from .colorization_search import ColorizationSearch
from .darts_network import DARTSNetwork
from .decoders import HierarchicalDecoder, PerScaleDecoder, SingleScaleDecoder
from .depthwise import DepthwiseConv2d, fast_layout
from .features_only import FeatureInfo, FeaturesOnly
from .genotype_backbone import GenotypeBackbone
from .genotype_network import GenotypeNetwork
from .gumbel_relaxations import ConcreteRelaxation, GumbelRelaxation, TopTwoRelaxation
from .heads import AuxiliaryHead, MaskedReconstructionHead
from .jigsaw_search import JigsawSearch
from .maenas import MAENAS
from .masking import FeatureBridge, MaskedBatchNorm2d, PatchMaskGenerator, Visibility
from .mim_darts import MIMDARTS
from .mixed_op import AuxiliarySkipMixedOp, MixedOp, PartialMixedOp, SkipDropoutMixedOp
from .nasbench101_architecture import NASBench101Architecture
from .nasbench101_network import NASBench101Network
from .nasbench101_supernet import NASBench101Supernet
from .nasbench201_network import NASBench201Network, NASBench201Supernet
from .nasnet_ops import FactorizedConv, LargeMaxPool
from .network_classifier import NetworkClassifier
from .ops import OpArgs, build_op
from .prediction_heads import LinearHead, PixelHead
from .predictive_search import PredictiveSearch
from .random_label_search import RandomLabelSearch
from .relaxations import SigmoidRelaxation, SoftmaxRelaxation, ZeroOneLoss
from .rotation_search import RotationSearch
from .search_data_preprocessor import SearchDataPreprocessor, crop_and_flip
from .search_model import SearchModel
from .supernet import DARTSSupernet
from .targets import GradientTarget, PatchNormTarget, PixelTarget
from .transnas101_network import TransNASNetwork, TransNASSupernet
from .uniform_path_relaxation import UniformPathRelaxation

__all__ = [
    'MAENAS',
    'MIMDARTS',
    'Architecture',
    'AuxiliaryHead',
    'AuxiliarySkipMixedOp',
    'AvgPoolConv',
    'BaseArchitecture',
    'BasicBlock',
    'Cell',
    'CellWeights',
    'ClassificationSearch',
    'ColorizationSearch',
    'ConcreteRelaxation',
    'DARTSNetwork',
    'DARTSSupernet',
    'DepthwiseConv2d',
    'FactorizedConv',
    'FeatureBridge',
    'FeatureInfo',
    'FeaturesOnly',
    'GenotypeBackbone',
    'GenotypeNetwork',
    'GradientTarget',
    'GumbelRelaxation',
    'HierarchicalDecoder',
    'JigsawSearch',
    'LargeMaxPool',
    'LinearHead',
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
    'PatchNormTarget',
    'PerScaleDecoder',
    'PixelHead',
    'PixelTarget',
    'PredictiveSearch',
    'RandomLabelSearch',
    'RotationSearch',
    'SearchDataPreprocessor',
    'SearchModel',
    'SigmoidRelaxation',
    'SingleScaleDecoder',
    'SkipDropoutMixedOp',
    'SoftmaxRelaxation',
    'TopTwoRelaxation',
    'TransNASNetwork',
    'TransNASSupernet',
    'UniformPathRelaxation',
    'Visibility',
    'ZeroOneLoss',
    'build_op',
    'crop_and_flip',
    'drop_path',
    'fast_layout',
]
