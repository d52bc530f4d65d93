from .benchmark_hook import BenchmarkHook
from .complexity import Complexity, measure_complexity
from .drawing import draw_genotype
from .tabular import BenchmarkTable, find_table, load_table, query

__all__ = [
    'BenchmarkHook',
    'BenchmarkTable',
    'Complexity',
    'draw_genotype',
    'find_table',
    'load_table',
    'measure_complexity',
    'query',
]
