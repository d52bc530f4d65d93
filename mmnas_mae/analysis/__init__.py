from .benchmark_hook import BenchmarkHook
from .complexity import Complexity, measure_complexity
from .drawing import draw_genotype
from .evaluations import map_evaluations
from .speed import Speed, measure_speed
from .tabular import BenchmarkTable, find_table, load_table, query

__all__ = [
    'BenchmarkHook',
    'BenchmarkTable',
    'Complexity',
    'Speed',
    'draw_genotype',
    'find_table',
    'load_table',
    'map_evaluations',
    'measure_complexity',
    'measure_speed',
    'query',
]
