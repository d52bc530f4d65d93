"""Tabular benchmarks: what an architecture reaches, looked up instead of trained."""

import math
import os
from abc import ABC, abstractmethod
from itertools import groupby
from typing import Any, Hashable, Iterator, Mapping, Optional, Sequence, Union

import numpy as np

from ..spaces import Genotype, get_space, load_genotype
from .benchmark import PARAMETERS, Benchmark, Pair

#: An architecture: text of the space, genotype, its dict or path, and what the table itself takes.
ArchLike = Union[str, os.PathLike, Mapping, Genotype]


class BenchmarkTable(ABC):
    """A table of trained architectures.

    Args:
        benchmark: its entry.
        columns: what is known: name in :meth:`row` of each (data set, metric).

    Attributes:
        name: name of the benchmark.
        spaces: the spaces that its architectures belong to.
        headline: of what is known, what counts after full training.
        units: unit of each value by ``<data set>_<metric>``, empty where it has none.
    """

    def __init__(self, benchmark: Benchmark, columns: Mapping[Pair, str]) -> None:
        self.name = benchmark.name
        self.spaces = tuple(map(get_space, benchmark.spaces))
        self.columns = dict(columns)
        self.headline = tuple(pair for pair in benchmark.headline if pair in self.columns)
        self.units = {f'{dataset}_{metric}': benchmark.unit(metric) for dataset, metric in self.columns}

    @property
    def datasets(self) -> tuple[str, ...]:
        """Names of the data sets."""
        return tuple(dict.fromkeys(dataset for dataset, _ in self.columns))

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of the metrics; not every data set has all."""
        return tuple(dict.fromkeys(metric for _, metric in self.columns))

    @abstractmethod
    def __len__(self) -> int:
        """Number of entries."""

    @abstractmethod
    def archs(self) -> Iterator[str]:
        """The text of every entry, in the order of the table."""

    @abstractmethod
    def find(self, arch: ArchLike) -> Optional[Hashable]:
        """The entry of an architecture, None where the table has none.

        Raises:
            ValueError: ``arch`` is no architecture of the benchmark.
        """

    @abstractmethod
    def value(self, entry: Hashable, dataset: str, metric: str) -> float:
        """What is known of an entry of :meth:`find`, NaN where it is missing."""

    @abstractmethod
    def describe(self, entry: Hashable) -> dict[str, Any]:
        """What identifies an entry, beside the values."""

    def query(self, arch: ArchLike, dataset: str, metric: str) -> float:
        """A value of an architecture, in the units of the table.

        Raises:
            ValueError: no such architecture, data set or metric; the message lists what exists.
        """
        self.check(dataset, metric)
        return float(self.value(self._entry(arch), dataset, metric))

    def headline_values(self, arch: ArchLike) -> Optional[dict[str, float]]:
        """What counts after full training: the :meth:`finite_values` of ``headline``."""
        return self.finite_values(arch, self.headline)

    def finite_values(self, arch: ArchLike, pairs: Sequence[Pair]) -> Optional[dict[str, float]]:
        """Values of an architecture by ``<data set>_<metric>``, missing ones left out.

        Returns:
            dict: None where the table lacks the architecture.

        Raises:
            ValueError: ``arch`` is no architecture of the benchmark.
        """
        entry = self.find(arch)
        if entry is None:
            return None
        values = {'_'.join(pair): float(self.value(entry, *pair)) for pair in pairs}
        return {name: value for name, value in values.items() if math.isfinite(value)}

    def params(self, arch: ArchLike) -> Optional[int]:
        """Parameters of the stand-alone network, None where the table does not say."""
        pairs = [pair for pair in self.columns if self.units['_'.join(pair)] == PARAMETERS]
        return next((int(value) for value in (self.finite_values(arch, pairs) or {}).values()), None)

    def show(self, values: Mapping[str, float]) -> str:
        """Values by ``<data set>_<metric>`` with their units: ``a_valid 91.61, a_test 94.37 (per cent)``."""
        parts = []
        for unit, names in groupby(values, self.units.get):
            numbers = ((name, values[name]) for name in names)
            text = ', '.join(f'{name} {v:,.0f}' if abs(v) >= 1000 else f'{name} {v:#.4g}' for name, v in numbers)
            parts.append(f'{text} ({unit})' if unit else text)
        return ', '.join(parts)

    def row(self, arch: ArchLike) -> dict[str, Any]:
        """All that the table knows of an architecture.

        Raises:
            ValueError: the table has no such architecture.
        """
        entry = self._entry(arch)
        values = {column: self.value(entry, *pair) for pair, column in self.columns.items()}
        return {**self.describe(entry), **values}

    def values(self, dataset: str, metric: str) -> np.ndarray:
        """(N,) a metric of every entry, in the order of :meth:`archs`."""
        self.check(dataset, metric)
        return np.array([self.value(self.find(arch), dataset, metric) for arch in self.archs()])

    def check_space(self, space: str) -> None:
        """Raises ValueError where the benchmark has no architectures of the space that is searched."""
        known = [own.name for own in self.spaces]
        if space not in known:
            raise ValueError(f'benchmark {self.name!r} knows {" and ".join(known)}, the model searches {space}')

    def check(self, dataset: str, metric: str) -> None:
        """Raises ValueError, listing what exists, where the table has no such data set or metric."""
        self.select([dataset], [metric])

    def select(
        self, datasets: Optional[Sequence[str]] = None, metrics: Optional[Sequence[str]] = None
    ) -> tuple[Pair, ...]:
        """All (data set, metric) of some data sets and metrics; a metric that some of the data sets lack is fine.

        Raises:
            ValueError: an unknown name, or a metric that none of the data sets has; the message lists what exists.
        """
        for dataset in datasets or ():
            if dataset not in self.datasets:
                raise ValueError(f'{self.name} has no data set {dataset!r}; there are: {", ".join(self.datasets)}')
        within = [(d, m) for d, m in self.columns if datasets is None or d in datasets]
        known = list(dict.fromkeys(m for _, m in within))
        for metric in metrics or ():
            if metric not in known:
                where = '' if datasets is None else f' of {" or ".join(datasets)}'
                raise ValueError(f'{self.name} has no metric {metric!r}{where}; there are: {", ".join(known)}')
        return tuple((d, m) for d, m in within if metrics is None or m in metrics)

    def genotype(self, arch: ArchLike) -> Genotype:
        """``arch`` in any of its forms as a genotype of one of ``spaces``.

        Raises:
            ValueError: it is none.
        """
        try:
            genotype = load_genotype(arch, self.spaces[0] if len(self.spaces) == 1 else None)
        except OSError:
            raise self.unknown(arch, 'it is neither the text of one nor a file') from None
        except ValueError as error:
            raise self.unknown(arch, str(error).removeprefix('genotype: ')) from None
        if genotype.space not in (space.name for space in self.spaces):
            raise self.unknown(arch, f'it belongs to the space {genotype.space!r}')
        return genotype

    def text(self, genotype: Genotype) -> str:
        """The text of a genotype in its space."""
        return next(space for space in self.spaces if space.name == genotype.space).format(genotype)

    def _entry(self, arch: ArchLike) -> Hashable:
        entry = self.find(arch)
        if entry is None:
            raise self.unknown(arch, 'the table holds only a part of the space')
        return entry

    def unknown(self, arch: ArchLike, reason: str) -> ValueError:
        """The error that says which architectures there are instead."""
        shown = self.text(arch) if isinstance(arch, Genotype) and arch.space == self.spaces[0].name else arch
        shown = shown if len(str(shown)) <= 120 else f'{str(shown)[:120]}...'
        return ValueError(
            f'{self.name} has no architecture {str(shown)!r} ({reason}); '
            f'its table has {len(self):,}, such as {next(self.archs(), "none")!r}'
        )
