"""Tabular benchmarks: true accuracies, looked up instead of trained."""

from .load import find_table, load_table, query
from .table import BenchmarkTable

__all__ = ['BenchmarkTable', 'find_table', 'load_table', 'query']
