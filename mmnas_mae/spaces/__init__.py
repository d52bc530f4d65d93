from .darts import DARTS_OPS, darts_space
from .discretize import discretize
from .genotype import CellGenotype, Genotype, published, published_names
from .load import load_genotype
from .space import CellGraph, CellSpace, get_space

__all__ = [
    'DARTS_OPS',
    'CellGenotype',
    'CellGraph',
    'CellSpace',
    'Genotype',
    'darts_space',
    'discretize',
    'get_space',
    'load_genotype',
    'published',
    'published_names',
]
