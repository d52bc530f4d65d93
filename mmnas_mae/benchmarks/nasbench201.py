"""NAS-Bench-201, also the topology space of NATS-Bench: its entry, its compact tables and the official files."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Iterator, Mapping, Optional, Sequence

import numpy as np

from ..registry import BENCHMARKS
from ..spaces import get_space, unique_key
from ..utils.errors import one_line
from .benchmark import PARAMETERS, PER_CENT, Benchmark
from .packages import environment, failing, require
from .parquet import ParquetTable, open_parquet
from .table import ArchLike, BenchmarkTable

#: Each data set, and its name in the official files.
_DATASETS = {'cifar10': 'cifar10', 'cifar100': 'cifar100', 'imagenet16': 'ImageNet16-120'}
_METRICS = ('valid', 'test', 'train', 'valid_12ep', 'test_12ep')


@BENCHMARKS.register_module(name='nasbench201')
def nasbench201(merge_isomorphic: bool = False) -> Benchmark:
    """15,625 cells on three data sets, accuracies in per cent.

    Args:
        merge_isomorphic: gives all cells that compute the same function the entry of the
            first. By default a cell that the benchmark trained has its own, and only one that
            it did not train takes that of an isomorphic cell.
    """
    read = partial(open_nasbench201, merge_isomorphic=merge_isomorphic)
    return Benchmark(
        spaces=('nasbench201',),
        files=(
            'nb201.parquet',
            'NATS-tss-v1_0-3ffb9-simple/meta.pickle.pbz2',
            'meta.pickle.pbz2',
            'NATS-tss-v1_0-3ffb9.pickle.pbz2',
            'NAS-Bench-201-v1_1-096897.pth',
        ),
        headline=tuple((d, m) for d in _DATASETS for m in ('valid', 'test')),
        units={'params': PARAMETERS, 'flops_m': 'million multiply-adds', '*': PER_CENT},
        columns={
            ('cifar10', 'params'): 'params_cifar10',
            ('cifar10', 'flops_m'): 'flops_m_cifar10',
            **{(d, m): f'{d}_{m}' for d in _DATASETS for m in _METRICS},
            ('cifar10', 'test_trainonly'): 'cifar10_test_trainonly',
            ('cifar100', 'test_nats'): 'cifar100_test_nats',
            ('imagenet16', 'test_nats'): 'imagenet16_test_nats',
        },
        identity=('index', 'arch'),
        truths={(d, 'test'): (d, 'test_12ep') for d in _DATASETS},
        packed=Path(__file__).with_name('nasbench201.npz'),
        readers={
            '.parquet': partial(open_parquet, table=partial(NASBench201Table, merge_isomorphic=merge_isomorphic)),
            '.pbz2': read,
            '.pth': read,
            '.npz': partial(open_packed, merge_isomorphic=merge_isomorphic),
        },
    )


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
        benchmark: its entry.
        rows: the columns of the file.
        merge_isomorphic: whether isomorphic cells share the entry of the first.
    """

    def __init__(self, benchmark: Benchmark, rows: Mapping[str, list], merge_isomorphic: bool = False) -> None:
        super().__init__(benchmark, rows)
        self._merge = merge_isomorphic
        self._cells = IsomorphicCells(rows['arch'])

    def find(self, arch: ArchLike) -> Optional[int]:
        """The row of a cell: its own, or that of the first isomorphic one."""
        entry = None if self._merge else super().find(arch)
        if entry is None:
            entry = self._index.get(self._cells.first(self.text(self.genotype(arch))))
        return entry


class NASBench201Official(BenchmarkTable):
    """NAS-Bench-201 or the topology space of NATS-Bench; values are means over the trials.

    The same names as in the compact table stand for the same numbers. CIFAR-10 is trained
    on the training half (there ``cifar10-valid``) for all metrics but ``test``, which follows
    training on both halves.

    Args:
        benchmark: its entry.
        api: a ``NATStopology`` of ``nats_bench`` or a ``NASBench201API`` of ``nas_201_api``.
        merge_isomorphic: whether isomorphic cells share the entry of the first.
    """

    def __init__(self, benchmark: Benchmark, api: Any, merge_isomorphic: bool = False) -> None:
        columns = {pair: column for pair, column in benchmark.columns.items() if pair[1] != 'test_nats'}
        columns |= {(d, m): f'{m}_{d}' for d in _DATASETS for m in ('params', 'flops_m')}
        super().__init__(benchmark, columns)
        self._api = api
        self._merge = merge_isomorphic
        self._cells = IsomorphicCells(api.meta_archs)

    def __len__(self) -> int:
        return len(self._api.meta_archs)

    def archs(self) -> Iterator[str]:
        """The text of every entry."""
        return iter(self._api.meta_archs)

    def find(self, arch: ArchLike) -> Optional[int]:
        """The index of a cell: its own, or that of the first isomorphic one."""
        text = self.text(self.genotype(arch))
        index = -1 if self._merge else self._api.query_index_by_arch(text)
        if index < 0:
            first = self._cells.first(text)
            index = -1 if first is None else self._api.query_index_by_arch(first)
        return None if index < 0 else index

    def value(self, entry: int, dataset: str, metric: str) -> float:
        """NaN where the file has no such trial.

        Raises:
            ValueError: the file lacks the architecture.
        """
        name, epochs = _DATASETS[dataset], '12' if metric.endswith('_12ep') else '200'
        try:
            results = self._api.query_meta_info_by_index(entry, hp=epochs)
        except (AssertionError, ValueError, KeyError, OSError) as error:
            arch = self._api.meta_archs[entry]
            raise ValueError(f'the files of {self.name} lack the results of {arch!r}: {one_line(error)}') from error
        try:
            if metric == 'params':
                return round(results.get_compute_costs(name)['params'] * 1e6)
            if metric == 'flops_m':
                return float(results.get_compute_costs(name)['flops'])
            part, _, kind = metric.partition('_')
            if dataset == 'cifar10' and (part != 'test' or kind == 'trainonly'):
                name = 'cifar10-valid'
            split = dict(train='train', valid='x-valid', test='ori-test' if dataset == 'cifar10' else 'x-test')[part]
            return float(results.get_metrics(name, split, is_random=False)['accuracy'])
        except (KeyError, ValueError):  # their two ways to say that nothing was trained or tested there
            return float('nan')

    def describe(self, entry: int) -> dict[str, Any]:
        """Its index and its text."""
        return dict(index=entry, arch=self._api.meta_archs[entry])


#: Columns of the table that comes with the package.
PACKED = (*((d, m) for d in _DATASETS for m in ('valid', 'test')), ('cifar10', 'test_12ep'))
#: Of a cell on CIFAR-10, parameters and million multiply-adds: of the skeleton, of a 3x3 and of a 1x1 convolution.
_COSTS = dict(params=(73306, 243040, 28000), flops_m=(7.78305, 35.38944, 3.93216))


def pack(table: ParquetTable, file: Path) -> None:
    """Writes what :func:`open_packed` reads: (2, 15625) uint8 for each of :data:`PACKED`, rounded to 0.01 per cent.

    Hundredths of a per cent, the high bytes before the low ones, in the order in which the space
    enumerates its members.
    """
    space, arrays = table.spaces[0], {}
    entries = [table.find(genotype) for genotype in space.enumerate()]
    for dataset, metric in PACKED:
        values = table.values(dataset, metric)[entries]
        hundredths = np.round(values * 100).astype(np.uint16)
        arrays[f'{dataset}_{metric}'] = np.stack([hundredths >> 8, hundredths & 255]).astype(np.uint8)
    np.savez_compressed(file, **arrays)


def open_packed(benchmark: Benchmark, file: Path, merge_isomorphic: bool = False) -> NASBench201Table:
    """Reads the table that comes with the package, of all 15,625 cells.

    Facts of NAS-Bench-201 (D-X-Y/NAS-Bench-201, MIT licence): accuracies rounded to 0.01 per cent, the mean over
    the trained seeds; parameters and multiply-adds follow from the operations.

    Raises:
        ValueError: the file is no such table.
    """
    space = get_space(benchmark.spaces[0])
    archs = [space.format(genotype) for genotype in space.enumerate()]
    rows: dict[str, list] = dict(arch=archs)
    columns = {pair: '_'.join(pair) for pair in PACKED}
    try:
        with np.load(file, allow_pickle=False) as arrays:
            for column in columns.values():
                high, low = arrays[column].astype(np.uint16)
                rows[column] = (((high << 8) | low) / 100).tolist()
    except (OSError, KeyError, ValueError) as error:
        raise ValueError(f'{file} is no table of {benchmark.name}: {one_line(error)}') from error
    for metric, (fixed, *each) in _COSTS.items():
        counts = ([arch.count(op) for op in ('nor_conv_3x3', 'nor_conv_1x1')] for arch in archs)
        costs = [fixed + sum(cost * count for cost, count in zip(each, counted)) for counted in counts]
        columns['cifar10', metric] = f'cifar10_{metric}'
        rows[f'cifar10_{metric}'] = [cost if metric == 'params' else round(cost, 5) for cost in costs]
    truths = {true: early if early in columns else None for true, early in benchmark.truths.items()}
    return NASBench201Table(
        replace(benchmark, columns=columns, identity=('arch',), truths=truths), rows, merge_isomorphic
    )


def open_nasbench201(benchmark: Benchmark, path: Path, merge_isomorphic: bool = False) -> NASBench201Official:
    """Opens files of NATS-Bench (``meta.pickle.pbz2`` in its folder, or ``.pickle.pbz2``) or NAS-Bench-201 (``.pth``).

    Raises:
        ModuleNotFoundError: the package is missing.
        ValueError: it cannot read the files.
    """
    if path.suffix == '.pth':
        package = require('nas_201_api', 'nas-bench-201')
        # torch refuses to unpickle more than tensors by default, and the package does not ask for it.
        with failing(path), environment('TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD', '1'):
            api = package.NASBench201API(str(path), verbose=False)
    else:
        package, folder = require('nats_bench', 'nats-bench'), path.name == 'meta.pickle.pbz2'
        path = path.parent if folder else path
        with failing(path):
            api = package.create(str(path), 'tss', fast_mode=folder, verbose=False)
    return NASBench201Official(benchmark, api, merge_isomorphic)
