from ..benchmarks.load import query
from ..models.build import build_backbone, build_network, build_search_model
from ..utils.checkpoints.safe import trusted_checkpoints
from .config_budget import ConfigBudget
from .export import export_network, load_weights
from .launch import build_runner, training_config
from .own_boxes import OwnBoxes
from .own_classes import OwnClasses
from .own_pretraining import OwnPretraining
from .own_search import OwnSearch
from .training import load_config, train

__all__ = [
    'ConfigBudget',
    'OwnBoxes',
    'OwnClasses',
    'OwnPretraining',
    'OwnSearch',
    'build_backbone',
    'build_network',
    'build_runner',
    'build_search_model',
    'export_network',
    'load_config',
    'load_weights',
    'query',
    'train',
    'training_config',
    'trusted_checkpoints',
]
