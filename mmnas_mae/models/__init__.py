from .architecture.base_architecture import BaseArchitecture, ChoiceTable
from .architecture.cell import Cell, CellWeights, drop_path
from .architecture.cell_architecture import CellArchitecture
from .architecture.gumbel_relaxations import ConcreteRelaxation, GumbelRelaxation, TopTwoRelaxation
from .architecture.mixed_op import AuxiliarySkipMixedOp, MixedOp, PartialMixedOp, SkipDropoutMixedOp
from .architecture.regularizer import Regularizer
from .architecture.relaxations import Relaxation, SigmoidRelaxation, SoftmaxRelaxation
from .architecture.uniform_path_relaxation import UniformPathRelaxation
from .architecture.zero_one_loss import ZeroOneLoss
from .build import build_backbone, build_network
from .layers.benchmark_ops import AvgPoolConv, BasicBlock
from .layers.conv_stem import ConvStem
from .layers.depthwise import DepthwiseConv2d, fast_layout
from .layers.masked_norm import MaskedBatchNorm2d, Visibility, hide
from .layers.nasnet_ops import FactorizedConv, LargeMaxPool
from .layers.ops import FactorizedReduce, OpArgs, ReLUConvBN, build_op
from .networks.auxiliary_head import AuxiliaryHead
from .networks.base_network import BaseNetwork
from .networks.darts_network import DARTSNetwork
from .networks.darts_supernet import DARTSSupernet
from .networks.features_only import FeatureInfo, FeaturesOnly
from .networks.genotype_backbone import GenotypeBackbone
from .networks.genotype_network import GenotypeNetwork
from .networks.nasbench101_architecture import NASBench101Architecture
from .networks.nasbench101_network import NASBench101Network
from .networks.nasbench101_supernet import NASBench101Supernet
from .networks.nasbench201_network import NASBench201Network, NASBench201Supernet
from .networks.network_classifier import NetworkClassifier
from .networks.skeleton import Skeleton, found_on, get_skeleton, skeleton_name, skeleton_of
from .networks.transnas101_network import TransNASNetwork, TransNASSupernet
from .objectives.classification_search import ClassificationSearch
from .objectives.colorization_search import ColorizationSearch
from .objectives.jigsaw_search import JigsawSearch
from .objectives.maenas import MAENAS
from .objectives.mim_darts import MIMDARTS
from .objectives.prediction_heads import LinearHead, PixelHead
from .objectives.predictive_search import PredictiveSearch
from .objectives.random_label_search import RandomLabelSearch
from .objectives.rotation_search import RotationSearch
from .objectives.search_data_preprocessor import SearchDataPreprocessor, crop_and_flip
from .objectives.search_model import SearchModel
from .reconstruction.decoders import HierarchicalDecoder, PerScaleDecoder, SingleScaleDecoder
from .reconstruction.feature_bridge import FeatureBridge
from .reconstruction.masked_backbone import MaskedBackbone
from .reconstruction.masked_reconstruction_head import MaskedReconstructionHead
from .reconstruction.patch_mask_generator import PatchMaskGenerator
from .reconstruction.targets import GradientTarget, PatchNormTarget, PixelTarget, ReconstructionTarget

__all__ = [
    'MAENAS',
    'MIMDARTS',
    'CellArchitecture',
    'AuxiliaryHead',
    'AuxiliarySkipMixedOp',
    'AvgPoolConv',
    'BaseArchitecture',
    'BaseNetwork',
    'BasicBlock',
    'Cell',
    'CellWeights',
    'ChoiceTable',
    'ClassificationSearch',
    'ColorizationSearch',
    'ConcreteRelaxation',
    'ConvStem',
    'DARTSNetwork',
    'DARTSSupernet',
    'DepthwiseConv2d',
    'FactorizedConv',
    'FactorizedReduce',
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
    'MaskedBackbone',
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
    'ReLUConvBN',
    'ReconstructionTarget',
    'Regularizer',
    'Relaxation',
    'RotationSearch',
    'SearchDataPreprocessor',
    'SearchModel',
    'SigmoidRelaxation',
    'SingleScaleDecoder',
    'Skeleton',
    'SkipDropoutMixedOp',
    'SoftmaxRelaxation',
    'TopTwoRelaxation',
    'TransNASNetwork',
    'TransNASSupernet',
    'UniformPathRelaxation',
    'Visibility',
    'ZeroOneLoss',
    'build_backbone',
    'build_network',
    'build_op',
    'crop_and_flip',
    'drop_path',
    'fast_layout',
    'found_on',
    'get_skeleton',
    'hide',
    'skeleton_name',
    'skeleton_of',
]
