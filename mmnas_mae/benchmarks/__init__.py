"""Tabular benchmarks: true accuracies, looked up instead of trained."""

from . import nasbench101, nasbench201, transnas101
from .benchmark import Benchmark
from .load import benchmark_names, benchmarks_of, find_table, get_benchmark, load_table, query
from .parquet import ParquetTable, open_parquet
from .table import BenchmarkTable

__all__ = [
    'Benchmark',
    'BenchmarkTable',
    'ParquetTable',
    'benchmark_names',
    'benchmarks_of',
    'find_table',
    'get_benchmark',
    'load_table',
    'nasbench101',
    'nasbench201',
    'open_parquet',
    'query',
    'transnas101',
]
