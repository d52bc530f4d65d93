"""The table of a benchmark: found, opened, asked."""

import os
import re
from dataclasses import replace
from functools import lru_cache
from inspect import signature
from pathlib import Path
from typing import Any, Union

from ..registry import BENCHMARKS
from .benchmark import Benchmark
from .parquet import open_parquet
from .table import ArchLike, BenchmarkTable


def get_benchmark(benchmark: str, **options: Any) -> Benchmark:
    """The entry of a benchmark by its registered name, whatever the case and punctuation.

    Args:
        options: settings of the entry, such as ``merge_isomorphic`` of ``nasbench201``.

    Raises:
        ValueError: no such benchmark or setting; the message lists what exists.
    """
    wanted = re.sub('[^a-z0-9]', '', str(benchmark).lower())
    name = next((name for name in benchmark_names() if re.sub('[^a-z0-9]', '', name.lower()) == wanted), None)
    if name is None:
        raise ValueError(f'unknown benchmark {benchmark!r}; there are: {", ".join(benchmark_names())}')
    build = BENCHMARKS.module_dict[name]
    unknown = [option for option in options if option not in signature(build).parameters]
    if unknown:
        takes = ', '.join(signature(build).parameters) or 'none'
        raise ValueError(f'benchmark {name} has no setting {unknown[0]!r}; its settings are: {takes}')
    return replace(build(**options), name=name)


def benchmark_names() -> list[str]:
    """The registered names, in the order of registration."""
    return list(BENCHMARKS.module_dict)


def benchmarks_of(space: str) -> list[str]:
    """Names of the benchmarks with architectures of a space, those with few other spaces first."""
    known = [entry for entry in map(get_benchmark, benchmark_names()) if space in entry.spaces]
    return [entry.name for entry in sorted(known, key=lambda entry: len(entry.spaces))]


def find_table(benchmark: str, path: Union[None, str, os.PathLike] = None) -> Path:
    """The file that holds the table of a benchmark.

    Args:
        benchmark: its name, such as ``nasbench201``.
        path: the table itself or a folder that holds it under one of its names; the folder
            ``MMNAS_DATA`` by default, and where that has none what comes with the package.

    Raises:
        FileNotFoundError: there is none.
        ValueError: no such benchmark; the message lists what exists.
    """
    entry, folder = get_benchmark(benchmark), path or os.environ.get('MMNAS_DATA')
    if folder is not None:
        folder = Path(folder).expanduser()
        found = [file for file in (folder, *(folder / name for name in entry.files)) if file.is_file()]
        if found:
            return found[0]
    if path is None and entry.packed is not None:
        return entry.packed
    where = folder or 'MMNAS_DATA, which is not set'
    raise FileNotFoundError(
        f'the table of {benchmark} was not found: no {" or ".join(entry.files)} in {where}; '
        'set MMNAS_DATA to the folder that holds it, or name the file itself'
    )


def load_table(benchmark: str, path: Union[None, str, os.PathLike] = None, **options: Any) -> BenchmarkTable:
    """Opens the table of a benchmark.

    Parquet tables are read here, the official files of a benchmark by the packages of its
    authors. Some of these files are pickles, which can execute code when read: open only
    files that you trust.

    Args:
        benchmark: its name, such as ``nasbench201``.
        path: as for :func:`find_table`.
        options: settings of the entry, as for :func:`get_benchmark`.

    Raises:
        FileNotFoundError: there is no such file.
        ModuleNotFoundError: the package that reads it is missing.
        ValueError: no such benchmark or setting, or the file is not its table.
    """
    entry, file = get_benchmark(benchmark, **options), find_table(benchmark, path)
    read = {'.parquet': open_parquet, **entry.readers}.get(file.suffix)
    if read is None:
        raise ValueError(f'{file} is no table of {entry.name}; a table is one of: {", ".join(entry.files)}')
    return read(entry, file)


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
    return opened_table(benchmark, path).query(arch, dataset, metric)


def opened_table(benchmark: str, path: Union[None, str, os.PathLike] = None) -> BenchmarkTable:
    """As :func:`load_table`; the last tables opened are kept in memory.

    Raises:
        As :func:`load_table`.
    """
    return _open(get_benchmark(benchmark).name, find_table(benchmark, path).resolve())


@lru_cache(maxsize=4)
def _open(benchmark: str, path: Path) -> BenchmarkTable:
    return load_table(benchmark, path)
