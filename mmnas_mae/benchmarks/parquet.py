"""The reader of Parquet tables: a column ``arch``, and a column for each value."""

from pathlib import Path
from typing import Any, Callable, Iterator, Mapping, Optional

import numpy as np

from ..utils.errors import one_line
from .benchmark import Benchmark
from .table import ArchLike, BenchmarkTable


class ParquetTable(BenchmarkTable):
    """A table in memory; an entry is the number of a row.

    Args:
        benchmark: its entry.
        rows: the columns of the file; ``arch`` has the text of each architecture.

    Raises:
        ValueError: an architecture stands there twice.
    """

    def __init__(self, benchmark: Benchmark, rows: Mapping[str, list]) -> None:
        dotted = {tuple(name.split('.')): name for name in rows if name.count('.') == 1}
        super().__init__(benchmark, benchmark.columns or dotted)
        self._rows = rows
        self._identity = benchmark.identity
        self._index = {arch: i for i, arch in enumerate(rows['arch'])}
        self._written_alike: Optional[dict[str, int]] = None
        if len(self._index) < len(self):
            twice = next(arch for i, arch in enumerate(rows['arch']) if self._index[arch] != i)
            raise ValueError(f'the table of {self.name} has the architecture {twice!r} twice')

    def __len__(self) -> int:
        return len(self._rows['arch'])

    def archs(self) -> Iterator[str]:
        """The text of every entry, as the file has it."""
        return iter(self._rows['arch'])

    def find(self, arch: ArchLike) -> Optional[int]:
        """The row of an architecture; any text form of it will do, in the file too."""
        if isinstance(arch, str) and arch in self._index:
            return self._index[arch]
        text = self.text(self.genotype(arch))
        if text not in self._index and self._written_alike is None:
            self._written_alike = {self.text(self.genotype(arch)): i for arch, i in self._index.items()}
        return self._index.get(text, (self._written_alike or {}).get(text))

    def value(self, entry: int, dataset: str, metric: str) -> Any:
        """What the file has, NaN for null."""
        value = self._rows[self.columns[dataset, metric]][entry]
        return float('nan') if value is None else value

    def values(self, dataset: str, metric: str) -> np.ndarray:
        """(N,) a metric of every entry."""
        self.check(dataset, metric)
        return np.array(self._rows[self.columns[dataset, metric]], dtype=float)

    def describe(self, entry: int) -> dict[str, Any]:
        """The columns that say which entry it is."""
        return {column: self._rows[column][entry] for column in self._identity}


def open_parquet(
    benchmark: Benchmark, file: Path, table: Callable[[Benchmark, Mapping[str, list]], ParquetTable] = ParquetTable
) -> ParquetTable:
    """Reads a Parquet table.

    Args:
        benchmark: its entry.
        table: makes the table of the columns of the file.

    Raises:
        ValueError: the file is no table of the benchmark.
        ModuleNotFoundError: pyarrow is missing.
    """
    rows = _read(file)
    columns = (*benchmark.where, *benchmark.identity, *benchmark.columns.values())
    missing = [column for column in columns if column not in rows]
    if missing:
        raise _no_table(benchmark, file, missing[0], rows)
    for column, allowed in benchmark.where.items():
        kept = [i for i, value in enumerate(rows[column]) if value in allowed]
        rows = {name: [values[i] for i in kept] for name, values in rows.items()}
    opened = table(benchmark, rows)
    if not opened.headline:
        raise _no_table(benchmark, file, '.'.join(benchmark.headline[0]), rows)
    return opened


def _no_table(benchmark: Benchmark, file: Path, column: str, rows: Mapping[str, list]) -> ValueError:
    return ValueError(f'{file} is no table of {benchmark.name}: it has no column {column!r}, only {", ".join(rows)}')


def _read(file: Path) -> dict[str, list]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError('a benchmark table needs pyarrow: pip install pyarrow') from error
    try:
        # Not read_table, which imports what reads folders of files.
        with pq.ParquetFile(file) as content:
            return content.read(use_threads=False).to_pydict()
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f'{file} cannot be read as Parquet: {one_line(error, kind=False)}') from error
