"""What a search has left, as pictures and as one page."""

from .drawing import draw_genotype
from .report import write_report
from .search_history import SearchHistory, read_search

__all__ = ['SearchHistory', 'draw_genotype', 'read_search', 'write_report']
