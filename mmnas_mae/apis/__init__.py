from ..benchmarks.load import query
from ..models.build import build_backbone, build_network
from .export import export_network, load_weights
from .launch import build_runner, load_config

__all__ = [
    'build_backbone',
    'build_network',
    'build_runner',
    'export_network',
    'load_config',
    'load_weights',
    'query',
]
