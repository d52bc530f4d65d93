"""Readers of the benchmarks' official files, through the packages of their authors."""

import os
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Iterator, Optional

from ..spaces import get_space
from ..spaces.nasbench101 import SpecLike
from .parquet import NB201_COLUMNS, NB201_HEADLINE, IsomorphicCells, nasbench101_hash
from .table import ArchLike, BenchmarkTable

#: Name of each data set in the files of NAS-Bench-201 and NATS-Bench.
_OFFICIAL = {'cifar10': 'cifar10', 'cifar100': 'cifar100', 'imagenet16': 'ImageNet16-120'}


class NASBench201Official(BenchmarkTable):
    """NAS-Bench-201 or the topology space of NATS-Bench; values are means over the trials.

    The same names as in the compact table stand for the same numbers. CIFAR-10 is trained
    on the training half (there ``cifar10-valid``) for all metrics but ``test``, which follows
    training on both halves.

    Args:
        api: a ``NATStopology`` of ``nats_bench`` or a ``NASBench201API`` of ``nas_201_api``.
        merge_isomorphic: whether isomorphic cells share the entry of the first.
    """

    def __init__(self, api: Any, merge_isomorphic: bool = False) -> None:
        space = get_space('nasbench201')
        columns = {pair: column for pair, column in NB201_COLUMNS.items() if pair[1] != 'test_nats'}
        columns |= {(d, m): f'{m}_{d}' for d in _OFFICIAL for m in ('params', 'flops_m')}
        super().__init__(space.name, [space], columns, NB201_HEADLINE)
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
        name, epochs = _OFFICIAL[dataset], '12' if metric.endswith('_12ep') else '200'
        try:
            results = self._api.query_meta_info_by_index(entry, hp=epochs)
        except (AssertionError, ValueError, KeyError, OSError) as error:
            from ..utils.errors import one_line

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
        return dict(index=entry, arch=self._api.meta_archs[entry])


class NASBench101Official(BenchmarkTable):
    """NAS-Bench-101; values are means over the trials, accuracies in shares of 1.

    Args:
        api: a ``NASBench`` of ``nasbench.api``.
    """

    def __init__(self, api: Any) -> None:
        space = get_space('nasbench101')
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
        last = max(api.valid_epochs)
        headline = [('cifar10', f'valid_acc_{last}'), ('cifar10', f'test_acc_{last}')]
        super().__init__(space.name, [space], columns, headline)
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
        fixed, computed = self._api.get_metrics_from_hash(entry)
        if metric == 'params':
            return int(fixed['trainable_parameters'])
        epochs, source = self._measured[metric]
        trials = [trial[source] for trial in computed.get(epochs, [])]
        return sum(trials) / len(trials) if trials else float('nan')

    def describe(self, entry: str) -> dict[str, Any]:
        return dict(arch=self._text(entry), hash=entry)

    def _text(self, entry: str) -> str:
        fixed, _ = self._api.get_metrics_from_hash(entry)
        cell = dict(matrix=fixed['module_adjacency'].tolist(), ops=fixed['module_operations'])
        return self.text(self.spaces[0].genotype(cell))


def open_nasbench201(path: Path, merge_isomorphic: bool = False) -> NASBench201Official:
    """Opens files of NATS-Bench (a folder, or ``.pickle.pbz2``) or of NAS-Bench-201 (``.pth``).

    Raises:
        ModuleNotFoundError: the package is missing.
        ValueError: it cannot read the files.
    """
    if path.suffix == '.pth':
        package = _require('nas_201_api', 'nas-bench-201')
        # torch refuses to unpickle more than tensors by default, and the package does not ask for it.
        with _failing(path), _environment('TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD', '1'):
            api = package.NASBench201API(str(path), verbose=False)
    else:
        package = _require('nats_bench', 'nats-bench')
        with _failing(path):
            api = package.create(str(path), 'tss', fast_mode=path.is_dir(), verbose=False)
    return NASBench201Official(api, merge_isomorphic)


def open_nasbench(path: Path) -> NASBench101Official:
    """Opens a file of NAS-Bench-101 (``.tfrecord``).

    Raises:
        ModuleNotFoundError: the package, or the TensorFlow that it needs, is missing.
        ValueError: it cannot read the file.
    """
    package = _require('nasbench.api', None)
    with _failing(path):
        return NASBench101Official(package.NASBench(str(path)))


def _require(module: str, distribution: Optional[str]) -> ModuleType:
    try:
        return import_module(module)
    except ImportError as error:
        from ..utils.errors import one_line

        if distribution is None:
            hint = 'install it from github.com/google-research/nasbench, with the TensorFlow 1 that it needs'
        else:
            hint = f'pip install "mmnas-mae[benchmarks]" (or {distribution} alone)'
        raise ModuleNotFoundError(
            f'this table is read by the package {module.partition(".")[0]}, which cannot be imported '
            f'({one_line(error)}): {hint}',
            name=module,
        ) from error


@contextmanager
def _failing(path: Path) -> Iterator[None]:
    # These packages raise whatever unpickling or their assertions raise.
    try:
        yield
    except Exception as error:
        from ..utils.errors import one_line

        raise ValueError(f'{path} cannot be read: {one_line(error)}') from error


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
