"""Tabular benchmarks: what an architecture reaches, looked up instead of trained."""

import os
import re
from abc import ABC, abstractmethod
from functools import lru_cache
from pathlib import Path
from typing import Any, Hashable, Iterator, Mapping, Optional, Sequence, Union

import numpy as np

from ..spaces import Genotype, SearchSpace, load_genotype

#: A data set and what is known of it, such as ('cifar10', 'test').
Pair = tuple[str, str]

#: An architecture: text of the space, genotype, its dict or path, and what the table itself takes.
ArchLike = Union[str, os.PathLike, Mapping, Genotype]

#: For each benchmark the names under which a folder may hold its table, preferred first.
FILES = {
    'nasbench201': (
        'nb201.parquet',
        'NATS-tss-v1_0-3ffb9-simple',
        'NATS-tss-v1_0-3ffb9.pickle.pbz2',
        'NAS-Bench-201-v1_1-096897.pth',
    ),
    'nasbench101': ('nb101_20k.parquet', 'nasbench_full.tfrecord', 'nasbench_only108.tfrecord'),
    'transnas101': ('transnas101.parquet',),
    'transnas101_micro': ('transnas101.parquet',),
    'transnas101_macro': ('transnas101.parquet',),
}


class BenchmarkTable(ABC):
    """A table of trained architectures.

    Args:
        name: name of the benchmark.
        spaces: the spaces that its architectures belong to.
        columns: what is known: name in :meth:`row` of each (data set, metric).
        headline: of these, the accuracies after full training.
    """

    def __init__(
        self,
        name: str,
        spaces: Sequence[SearchSpace],
        columns: Mapping[Pair, str],
        headline: Sequence[Pair],
    ) -> None:
        self.name = name
        self.spaces = tuple(spaces)
        self.columns = dict(columns)
        self.headline = tuple(headline)

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


def find_table(benchmark: str, path: Union[None, str, os.PathLike] = None) -> Path:
    """The file, or folder of files, that holds the table of a benchmark.

    Args:
        benchmark: one of ``FILES``, such as ``nasbench201``.
        path: the table itself or a folder that holds it under one of its names. By
            default the folder ``MMNAS_DATA``, or else ``../shared/data``.

    Raises:
        FileNotFoundError: there is none.
        ValueError: no such benchmark; the message lists what exists.
    """
    names = FILES[benchmark_name(benchmark)]
    if path is not None:
        folders = [Path(path).expanduser()]
    elif os.environ.get('MMNAS_DATA'):
        folders = [Path(os.environ['MMNAS_DATA']).expanduser()]
    else:
        checkout = Path(__file__).resolve().parents[2]
        folders = [root / '..' / 'shared' / 'data' for root in (Path.cwd(), checkout)]
        folders = list(dict.fromkeys(Path(os.path.normpath(folder)) for folder in folders))
    for folder in folders:
        if folder.is_file() or (folder / 'meta.pickle.pbz2').is_file():
            return folder
        for name in names:
            if (folder / name).exists():
                return folder / name
    raise FileNotFoundError(
        f'the table of {benchmark} was not found: no {" or ".join(names)} in {" or ".join(map(str, folders))}; '
        'set MMNAS_DATA to the folder that holds it, or name the file itself'
    )


def load_table(
    benchmark: str, path: Union[None, str, os.PathLike] = None, merge_isomorphic: bool = False
) -> BenchmarkTable:
    """Opens the table of a benchmark.

    Compact Parquet tables are read here. The official files are read by the packages of
    their authors: ``nats_bench`` (a folder or ``.pickle.pbz2``), ``nas_201_api``
    (``.pth``) and ``nasbench`` (``.tfrecord``). The first two kinds are pickles, which
    can execute code when read: open only files that you trust.

    Args:
        benchmark: ``nasbench201``, ``nasbench101``, ``transnas101`` (both of its spaces),
            ``transnas101_micro`` or ``transnas101_macro``.
        path: as for :func:`find_table`.
        merge_isomorphic: gives all cells of NAS-Bench-201 that compute the same function
            the entry of the first. By default a cell that the benchmark trained has its
            own, and only one that it did not train takes that of an isomorphic cell.

    Raises:
        FileNotFoundError: there is no such file.
        ModuleNotFoundError: the package that reads it is missing.
        ValueError: no such benchmark, or the file is not its table.
    """
    from .tables_official import open_nasbench, open_nasbench201
    from .tables_parquet import open_parquet

    name = benchmark_name(benchmark)
    file = find_table(name, path)
    if file.suffix == '.parquet':
        return open_parquet(name, file, merge_isomorphic)
    if name == 'nasbench201' and (file.is_dir() or file.suffix in ('.pbz2', '.pth')):
        return open_nasbench201(file, merge_isomorphic)
    if name == 'nasbench101' and file.suffix == '.tfrecord':
        return open_nasbench(file)
    raise ValueError(f'{file} is no table of {name}; a table is one of: {", ".join(FILES[name])}')


def query(
    benchmark: str, arch: ArchLike, dataset: str, metric: str, path: Union[None, str, os.PathLike] = None
) -> float:
    """A value of an architecture; the last tables opened are kept in memory.

    Example:
        >>> query('nasbench201', '|nor_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|none~2|', 'cifar10', 'test')

    Raises:
        ValueError: no such benchmark, architecture, data set or metric; the message lists what exists.
        FileNotFoundError: the table was not found.
    """
    name = benchmark_name(benchmark)
    return _open(name, find_table(name, path).resolve()).query(arch, dataset, metric)


@lru_cache(maxsize=4)
def _open(benchmark: str, path: Path) -> BenchmarkTable:
    return load_table(benchmark, path)


def benchmark_name(benchmark: str) -> str:
    """The name in ``FILES``, whatever its case and punctuation.

    Raises:
        ValueError: no such benchmark; the message lists what exists.
    """
    plain = {re.sub('[^a-z0-9]', '', name): name for name in FILES}
    name = plain.get(re.sub('[^a-z0-9]', '', str(benchmark).lower()))
    if name is None:
        raise ValueError(f'unknown benchmark {benchmark!r}; there are: {", ".join(FILES)}')
    return name
