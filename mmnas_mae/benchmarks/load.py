"""The table of a benchmark: found, opened, asked."""

import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Union

from .official import open_nasbench, open_nasbench201
from .parquet import open_parquet
from .table import ArchLike, BenchmarkTable

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
