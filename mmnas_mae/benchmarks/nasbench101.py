"""NAS-Bench-101: its entry, its compact table and the official file."""

import re
from functools import partial
from pathlib import Path
from typing import Any, Iterator, Mapping, Optional

from ..registry import BENCHMARKS
from ..spaces import ModelSpec
from ..spaces.nasbench101 import SpecLike
from .benchmark import PARAMETERS, SECONDS, SHARE, Benchmark
from .packages import failing, require
from .parquet import ParquetTable, open_parquet
from .table import BenchmarkTable

_METRICS = ('params', 'valid_acc_4', 'valid_acc_12', 'valid_acc_36', 'valid_acc_108', 'train_seconds_108')


@BENCHMARKS.register_module(name='nasbench101')
def nasbench101() -> Benchmark:
    """423,624 cells on CIFAR-10, accuracies in shares of 1; the compact table has 20,000 of them."""
    return Benchmark(
        spaces=('nasbench101',),
        files=('nb101_20k.parquet', 'nasbench_full.tfrecord', 'nasbench_only108.tfrecord'),
        headline=(('cifar10', 'valid_acc_108'), ('cifar10', 'test_acc_108')),
        units={'params': PARAMETERS, 'train_seconds_*': SECONDS, '*': SHARE},
        columns={('cifar10', metric): metric for metric in _METRICS},
        identity=('hash', 'n_nodes', 'matrix_upper', 'ops'),
        truths={('cifar10', 'valid_acc_108'): ('cifar10', 'valid_acc_12')},
        readers={'.parquet': partial(open_parquet, table=NASBench101Table), '.tfrecord': open_nasbench},
    )


class NASBench101Table(ParquetTable):
    """``nb101_20k.parquet``; isomorphic cells have the same hash and so the same entry.

    Args:
        benchmark: its entry.
        rows: the columns of the file.
    """

    def __init__(self, benchmark: Benchmark, rows: Mapping[str, list]) -> None:
        texts = [f'{ops}|{matrix}' for ops, matrix in zip(rows['ops'], rows['matrix_upper'])]
        super().__init__(benchmark, {**rows, 'arch': texts})
        self._hashes = {key: i for i, key in enumerate(rows['hash'])}

    def find(self, arch: SpecLike) -> Optional[int]:
        """The row of a cell, given as its hash too."""
        return self._hashes.get(nasbench101_hash(self, arch))

    def describe(self, entry: int) -> dict[str, Any]:
        """Its text, and what the file calls it."""
        return dict(arch=self._rows['arch'][entry], **super().describe(entry))


class NASBench101Official(BenchmarkTable):
    """NAS-Bench-101; values are means over the trials, accuracies in shares of 1.

    Args:
        benchmark: its entry.
        api: a ``NASBench`` of ``nasbench.api``.
    """

    def __init__(self, benchmark: Benchmark, api: Any) -> None:
        #: For each metric: epochs of training, and the name of what is measured after them.
        self._measured = {
            f'{name}_{epochs}': (epochs, source)
            for epochs in sorted(api.valid_epochs)
            for name, source in dict(
                valid_acc='final_validation_accuracy',
                test_acc='final_test_accuracy',
                train_acc='final_train_accuracy',
                train_seconds='final_training_time',
            ).items()
        }
        columns = {('cifar10', metric): metric for metric in ('params', *self._measured)}
        super().__init__(benchmark, columns)
        self._api = api
        self._hashes = list(api.hash_iterator())
        self._known = frozenset(self._hashes)

    def __len__(self) -> int:
        return len(self._hashes)

    def archs(self) -> Iterator[str]:
        """The text of every entry."""
        return map(self._text, self._hashes)

    def find(self, arch: SpecLike) -> Optional[str]:
        """The hash of a cell, which may be given as such."""
        key = nasbench101_hash(self, arch)
        return key if key in self._known else None

    def value(self, entry: str, dataset: str, metric: str) -> float:
        """The mean over the trials, NaN where there is none."""
        fixed, computed = self._api.get_metrics_from_hash(entry)
        if metric == 'params':
            return int(fixed['trainable_parameters'])
        epochs, source = self._measured[metric]
        trials = [trial[source] for trial in computed.get(epochs, [])]
        return sum(trials) / len(trials) if trials else float('nan')

    def describe(self, entry: str) -> dict[str, Any]:
        """Its text and its hash."""
        return dict(arch=self._text(entry), hash=entry)

    def _text(self, entry: str) -> str:
        fixed, _ = self._api.get_metrics_from_hash(entry)
        cell = dict(matrix=fixed['module_adjacency'].tolist(), ops=fixed['module_operations'])
        return self.text(self.spaces[0].genotype(cell))


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


def open_nasbench(benchmark: Benchmark, path: Path) -> NASBench101Official:
    """Opens a file of NAS-Bench-101 (``.tfrecord``).

    Raises:
        ModuleNotFoundError: the package, or the TensorFlow that it needs, is missing.
        ValueError: it cannot read the file.
    """
    package = require('nasbench.api', None)
    with failing(path):
        return NASBench101Official(benchmark, package.NASBench(str(path)))
