"""Readers of the compact tables: one Parquet file for each benchmark."""

import re
from pathlib import Path
from typing import Any, Iterator, Mapping, Optional, Sequence

import numpy as np

from ..spaces import ModelSpec, SearchSpace, get_space, unique_key
from ..spaces.nasbench101 import SpecLike
from .table import ArchLike, BenchmarkTable, Pair

#: NAS-Bench-201: accuracies in per cent.
_NB201_DATASETS = ('cifar10', 'cifar100', 'imagenet16')
_NB201_METRICS = ('valid', 'test', 'train', 'valid_12ep', 'test_12ep')
NB201_COLUMNS = {
    ('cifar10', 'params'): 'params_cifar10',
    ('cifar10', 'flops_m'): 'flops_m_cifar10',
    **{(d, m): f'{d}_{m}' for d in _NB201_DATASETS for m in _NB201_METRICS},
    ('cifar10', 'test_trainonly'): 'cifar10_test_trainonly',
    ('cifar100', 'test_nats'): 'cifar100_test_nats',
    ('imagenet16', 'test_nats'): 'imagenet16_test_nats',
}
NB201_HEADLINE = tuple((d, m) for d in _NB201_DATASETS for m in ('valid', 'test'))

#: NAS-Bench-101: accuracies in shares of 1.
_NB101_METRICS = ('params', 'valid_acc_4', 'valid_acc_12', 'valid_acc_36', 'valid_acc_108', 'train_seconds_108')


class ParquetTable(BenchmarkTable):
    """A table in memory; an entry is the number of a row.

    Args:
        rows: the columns of the file.
        keys: what identifies each row.
        identity: columns that are no values.
    """

    def __init__(
        self,
        name: str,
        spaces: Sequence[SearchSpace],
        columns: Mapping[Pair, str],
        headline: Sequence[Pair],
        rows: Mapping[str, list],
        keys: Sequence[str],
        identity: Sequence[str],
    ) -> None:
        super().__init__(name, spaces, columns, headline)
        self._rows = rows
        self._keys = keys
        self._index = {key: i for i, key in enumerate(keys)}
        self._identity = tuple(identity)

    def __len__(self) -> int:
        return len(self._keys)

    def archs(self) -> Iterator[str]:
        """The text of every entry."""
        return iter(self._keys)

    def find(self, arch: ArchLike) -> Optional[int]:
        """The row of an architecture; any text form of it will do."""
        entry = self._index.get(arch) if isinstance(arch, str) else None
        return self._index.get(self.text(self.genotype(arch))) if entry is None else entry

    def value(self, entry: int, dataset: str, metric: str) -> Any:
        return self._rows[self.columns[dataset, metric]][entry]

    def values(self, dataset: str, metric: str) -> np.ndarray:
        """(N,) a metric of every entry."""
        self.check(dataset, metric)
        return np.array(self._rows[self.columns[dataset, metric]], dtype=float)

    def describe(self, entry: int) -> dict[str, Any]:
        return {column: self._rows[column][entry] for column in self._identity}


class IsomorphicCells:
    """Entries of NAS-Bench-201 by function (see :func:`mmnas_mae.spaces.unique_key`).

    Args:
        archs: architecture strings; of isomorphic ones the first counts.
    """

    def __init__(self, archs: Sequence[str]) -> None:
        self._archs = archs
        self._first: Optional[dict[str, str]] = None

    def first(self, text: str) -> Optional[str]:
        """The first architecture that computes the same function as ``text``."""
        if self._first is None:  # a quarter of a second, which most queries do not need
            self._first = {}
            for arch in self._archs:
                self._first.setdefault(unique_key(arch), arch)
        return self._first.get(unique_key(text))


class NASBench201Table(ParquetTable):
    """``nb201.parquet``, or any part of it with the same columns.

    Args:
        rows: the columns of the file.
        merge_isomorphic: whether isomorphic cells share the entry of the first.
    """

    def __init__(self, rows: Mapping[str, list], merge_isomorphic: bool = False) -> None:
        space = get_space('nasbench201')
        identity = ('index', 'arch')
        super().__init__(space.name, [space], NB201_COLUMNS, NB201_HEADLINE, rows, rows['arch'], identity)
        self._merge = merge_isomorphic
        self._cells = IsomorphicCells(rows['arch'])

    def find(self, arch: ArchLike) -> Optional[int]:
        """The row of a cell: its own, or that of the first isomorphic one."""
        entry = None if self._merge else super().find(arch)
        if entry is None:
            entry = self._index.get(self._cells.first(self.text(self.genotype(arch))))
        return entry


class NASBench101Table(ParquetTable):
    """``nb101_20k.parquet``; isomorphic cells have the same hash and so the same entry."""

    def __init__(self, rows: Mapping[str, list]) -> None:
        space = get_space('nasbench101')
        columns = {('cifar10', metric): metric for metric in _NB101_METRICS}
        texts = [f'{ops}|{matrix}' for ops, matrix in zip(rows['ops'], rows['matrix_upper'])]
        headline, identity = [('cifar10', 'valid_acc_108')], ('hash', 'n_nodes', 'matrix_upper', 'ops')
        super().__init__(space.name, [space], columns, headline, rows, texts, identity)
        self._hashes = {key: i for i, key in enumerate(rows['hash'])}

    def find(self, arch: SpecLike) -> Optional[int]:
        """The row of a cell, given as its hash too."""
        return self._hashes.get(nasbench101_hash(self, arch))

    def describe(self, entry: int) -> dict[str, Any]:
        return dict(arch=self._keys[entry], **super().describe(entry))


def nasbench101_hash(table: BenchmarkTable, arch: SpecLike) -> str:
    """The benchmark's key of a cell in any form, itself among them.

    Raises:
        ValueError: ``arch`` is no cell of the benchmark.
    """
    if isinstance(arch, str) and re.fullmatch('[0-9a-f]{32}', arch):
        return arch
    space = table.spaces[0]
    if isinstance(arch, ModelSpec) or (isinstance(arch, Mapping) and 'matrix' in arch):
        try:
            return space.spec(arch).hash()
        except ValueError as error:
            raise table.unknown(arch, str(error)) from None
    return space.spec(table.genotype(arch)).hash()


def open_parquet(benchmark: str, file: Path, merge_isomorphic: bool = False) -> ParquetTable:
    """Reads the compact table of a benchmark.

    Raises:
        ValueError: the file is no such table.
        ModuleNotFoundError: pyarrow is missing.
    """
    rows = _read(file)
    try:
        if benchmark == 'nasbench201':
            table = NASBench201Table(rows, merge_isomorphic)
        elif benchmark == 'nasbench101':
            table = NASBench101Table(rows)
        else:
            table = _transnas(benchmark, rows)
        missing = sorted({*table.columns.values(), *table._identity} - set(rows))
    except KeyError as error:
        missing = [error.args[0]]
    if missing:
        raise ValueError(f'{file} is no table of {benchmark}: it has no column {missing[0]!r}, only {", ".join(rows)}')
    return table


def _transnas(benchmark: str, rows: Mapping[str, list]) -> ParquetTable:
    """``transnas101.parquet``: the data sets are tasks, one column is ``<task>.<metric>``."""
    part = benchmark.partition('_')[2]
    names = [f'transnas101_{part}'] if part else ['transnas101_micro', 'transnas101_macro']
    kept = [i for i, kind in enumerate(rows['space']) if f'transnas101_{kind}' in names]
    rows = {column: [values[i] for i in kept] for column, values in rows.items()}
    columns = {tuple(column.split('.')): column for column in rows if column.count('.') == 1}
    headline = [(d, m) for d, m in columns if m in ('valid_top1', 'valid_neg_loss', 'valid_mIoU', 'valid_ssim')]
    identity = ('index', 'space', 'arch')
    return ParquetTable(benchmark, [*map(get_space, names)], columns, headline, rows, rows['arch'], identity)


def _read(file: Path) -> dict[str, list]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError('a benchmark table needs pyarrow: pip install "mmnas-mae[core]"') from error
    try:
        return pq.read_table(file).to_pydict()
    except (pa.ArrowException, OSError) as error:
        from ..utils.errors import one_line

        raise ValueError(f'{file} cannot be read as Parquet: {one_line(error, kind=False)}') from error
