from .build import build_backbone, build_network, query
from .launch import build_runner, load_config

__all__ = ['build_backbone', 'build_network', 'build_runner', 'load_config', 'query']
