from .cell_graph import CellGraph, state_names
from .darts import DARTS_OPS, darts_space
from .discretize import discretize, prune, space_config
from .genotype import CellGenotype, Genotype
from .load import load_genotype, published, published_names
from .nasbench101 import NASBench101Space
from .nasbench101_spec import NASBENCH101_OPS, ModelSpec, enumerate_unique
from .nasbench201 import NASBENCH201_OPS, NASBench201Space, unique_key
from .nasnet import NASNET_OPS, NASNetSpace
from .search_space import SearchSpace, get_space, registered_spaces
from .space import CellSpace
from .sparse import SparseCellSpace
from .transnas101 import TRANSNAS101_OPS, TransNASMacroSpace, TransNASMicroSpace
from .variation import mutate
from .verdict import Verdict, judge

__all__ = [
    'DARTS_OPS',
    'NASBENCH101_OPS',
    'NASBENCH201_OPS',
    'NASNET_OPS',
    'TRANSNAS101_OPS',
    'CellGenotype',
    'CellGraph',
    'CellSpace',
    'Genotype',
    'ModelSpec',
    'NASBench101Space',
    'NASBench201Space',
    'NASNetSpace',
    'SearchSpace',
    'SparseCellSpace',
    'TransNASMacroSpace',
    'TransNASMicroSpace',
    'Verdict',
    'darts_space',
    'discretize',
    'enumerate_unique',
    'get_space',
    'judge',
    'load_genotype',
    'mutate',
    'prune',
    'published',
    'published_names',
    'registered_spaces',
    'space_config',
    'state_names',
    'unique_key',
]
