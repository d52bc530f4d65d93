"""What is registered of a benchmark: where its table is found, how it is read, what its values mean."""

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any, Callable, Collection, Mapping, Optional, Sequence

#: A data set and what is known of it, such as ('cifar10', 'test').
Pair = tuple[str, str]

#: Units of the tables that come with the package; any other text is one too.
PER_CENT, SHARE, SECONDS = 'per cent', 'share of 1', 'seconds'
#: The unit of a metric that counts the parameters of the stand-alone network.
PARAMETERS = 'parameters'


@dataclass(frozen=True)
class Benchmark:
    """The entry of a benchmark.

    A Parquet file with the text of each architecture in a column ``arch`` and its values in
    columns ``<data set>.<metric>`` needs no more than ``spaces``, ``files`` and ``headline``.

    Args:
        spaces: names of the spaces that its architectures belong to, as genotypes have them.
        files: names under which a folder may hold its table, preferred first.
        headline: what counts after full training, the higher the better; a table may lack some of it.
        units: the unit of each metric by pattern of its name, of which the longest that fits
            counts (``{'params': 'parameters', '*': 'per cent'}``); a metric without one is a
            bare number.
        columns: the column of each (data set, metric), where they have other names.
        identity: columns of the file that are no values and say which entry it is.
        where: which rows of the file belong to the benchmark: values of columns.
        truths: the true values that scores are compared with, each with what is known of it
            earlier in its training; by default those of ``headline``, without.
        readers: by the suffix of a file what opens it: given the entry and the file, it returns
            a :class:`mmnas_mae.benchmarks.BenchmarkTable`. ``.parquet`` has one.
        packed: the table that comes with the package, for where no other is found.
        name: under which it is registered; :func:`mmnas_mae.benchmarks.get_benchmark` sets it.
    """

    spaces: Sequence[str]
    files: Sequence[str]
    headline: Sequence[Pair]
    units: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[Pair, str] = field(default_factory=dict)
    identity: Sequence[str] = ('arch',)
    where: Mapping[str, Collection] = field(default_factory=dict)
    truths: Mapping[Pair, Optional[Pair]] = field(default_factory=dict)
    readers: Mapping[str, Callable[['Benchmark', Path], Any]] = field(default_factory=dict)
    packed: Optional[Path] = None
    name: str = ''

    def unit(self, metric: str) -> str:
        """The unit of a metric, empty where it has none."""
        return self.units.get(max(filter(partial(fnmatchcase, metric), self.units), key=len, default=''), '')

    def truth_names(self) -> dict[str, Optional[str]]:
        """``truths`` by name, ``<data set>_<metric>``."""
        truths = self.truths or dict.fromkeys(self.headline)
        return {'_'.join(true): early and '_'.join(early) for true, early in truths.items()}
