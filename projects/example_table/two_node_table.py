"""A table of your own: what somebody has trained in the space of example_space."""

from mmnas_mae.benchmarks import Benchmark
from mmnas_mae.registry import BENCHMARKS
from projects.example_space import two_node_space  # noqa: F401  (registers the space)


@BENCHMARKS.register_module()
def two_node_photos() -> Benchmark:
    """A Parquet file with a column ``arch``, the text of each cell, and one column for each value.

    Columns are named ``<data set>.<metric>``: ``photos.test`` and ``photos.params`` here.
    """
    return Benchmark(
        spaces=('two_node',),
        files=('two_node_photos.parquet',),
        headline=(('photos', 'test'),),
        units={'params': 'parameters', 'test': 'per cent'},
    )
