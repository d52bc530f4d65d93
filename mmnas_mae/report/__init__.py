"""What a search has left, as pictures and as one page."""

from ..lazy import make_callable
from .drawing import draw_genotype
from .report import write_report
from .search_history import SearchHistory, read_search

__all__ = ['SearchHistory', 'draw_genotype', 'read_search', 'write_report']

# mmnas_mae.report(work_dir) writes the page of a search.
make_callable(__name__, write_report)
