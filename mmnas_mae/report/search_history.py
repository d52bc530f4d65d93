"""What a search has left in its work directory, read into one object."""

import os
import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence, Union

from ..spaces import CellGenotype, Genotype, SearchSpace, Verdict, get_space, judge, load_genotype
from ..spaces.genotype import read_cells
from ..utils.records import SCALARS, SEARCH_FILES, read_json, read_records
from .recorded_config import read_settings

#: Steps and values of one scalar.
Series = tuple[tuple[int, ...], tuple[float, ...]]

#: What tools/compare.py leaves by default.
COMPARISON = 'compare/comparison.json'

_STAGE = re.compile(r'stage_(\d+)')
_TIME = re.compile(r'(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) - mmengine')
_PROCESSES = re.compile(r'GPU number: (\d+)')
_PICTURE = re.compile(r'reconstruction_(\d+)\.png')


@dataclass(frozen=True)
class Epoch:
    """A line of ``arch_history.jsonl``.

    Args:
        epoch: counted from 1.
        cells: the cells derived after it.
        parameters: architecture parameters by name, as nested lists.
        entropy: mean over edges, 1 = undecided.
        skips: skip connections in the first cell type.
        ratio: how many times the operation of an edge weighs the next best; None where edges have no weights.
    """

    epoch: int
    cells: Mapping[str, CellGenotype]
    parameters: Mapping[str, Any]
    entropy: float
    skips: int
    ratio: Optional[float] = None


@dataclass(frozen=True)
class SearchHistory:
    """A search on disk; what it has not recorded is None or empty.

    Args:
        folder: the work directory.
        config: config of a search by gradient or of a one-shot search.
        config_file: where it was read.
        settings: settings of a discrete search, or of the selection of a one-shot search.
        scalars: every logged scalar by name. Training scalars (``loss``) are counted in
            iterations, others (``arch/...``, ``benchmark/...``, held-out metrics) in epochs.
        training: names of the training scalars.
        epochs: the architecture after each epoch.
        genotype: what was found.
        truth: lines of ``benchmark_history.jsonl``: ``epoch``, ``arch``, ``values`` and ``units``.
        evaluations: what a discrete search scored: ``arch``, ``score`` (None where it could
            not be scored) and ``seconds``.
        result: ``result.json`` of a discrete search.
        pictures: reconstructions, epoch to PNG file.
        seconds: wall-clock time over all parts of the run; None where nothing says so.
        parts: how often the run was started.
        processes: on how many it ran last.
        stages: the stages of a search in stages (P-DARTS), which have all else to themselves.
        comparison: what tools/compare.py has left in the folder ``compare``.
    """

    folder: Path
    config: Optional[Mapping[str, Any]] = None
    config_file: Optional[Path] = None
    settings: Optional[Mapping[str, Any]] = None
    scalars: Mapping[str, Series] = field(default_factory=dict)
    training: frozenset = frozenset()
    epochs: Sequence[Epoch] = ()
    genotype: Optional[Genotype] = None
    truth: Sequence[Mapping[str, Any]] = ()
    evaluations: Sequence[Mapping[str, Any]] = ()
    result: Optional[Mapping[str, Any]] = None
    pictures: Mapping[int, Path] = field(default_factory=dict)
    seconds: Optional[float] = None
    parts: int = 0
    processes: int = 1
    stages: Sequence['SearchHistory'] = ()
    comparison: Optional[Mapping[str, Any]] = None

    @property
    def name(self) -> str:
        """Name of the newest config, followed by that of the folder where it is another."""
        config = max(self.folder.glob('*.py'), key=lambda path: path.stat().st_mtime_ns, default=None)
        names = dict.fromkeys([config.stem] if config else [])
        return ', '.join([*names, *([] if self.folder.name in names else [self.folder.name])])

    @property
    def max_epochs(self) -> Optional[int]:
        """Epochs that the config asks for."""
        return self.setting('train_cfg.max_epochs')

    def setting(self, key: str, default: Any = None) -> Any:
        """A setting of the config by its dotted key, such as ``model.neck.type``."""
        value: Any = self.config or {}
        for name in key.split('.'):
            if not isinstance(value, Mapping) or name not in value:
                return default
            value = value[name]
        return value

    @property
    def pretrains(self) -> bool:
        """Whether it is no search but the pre-training of a network that nothing is searched in."""
        kind = str(self.setting('model.backbone.type', '')).rpartition('.')[2]
        stands_alone = kind in ('GenotypeBackbone', 'FeaturesOnly', 'MaskedBackbone')
        # A classifier has such a backbone too.
        return stands_alone and self.setting('model.mask_generator') is not None

    @property
    def space(self) -> Optional[SearchSpace]:
        """That of what was found; else that of the config; None where neither is known."""
        if self.genotype is not None:
            return get_space(self.genotype.space)
        space = self.setting('model.backbone.space')
        return None if space is None else get_space(space)

    @property
    def skip_op(self) -> str:
        """The operation that is counted as a skip connection."""
        return (self.space and self.space.skip_op) or 'skip_connect'

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """What :class:`mmnas_mae.GenotypeHook` said after each of ``epochs``; none where the space is not known."""
        if self.space is None:
            return []
        hook = self.setting('default_hooks.genotype') or {}
        limits = {name: hook[name] for name in ('collapse_ratio', 'decided_ratio') if name in hook}
        cells = [epoch.cells for epoch in self.epochs]
        return [
            judge(epoch.cells, self.space, dict(entropy=epoch.entropy, ratio=epoch.ratio), cells[:number], **limits)
            for number, epoch in enumerate(self.epochs)
        ]

    def final_verdict(self) -> Optional[Verdict]:
        """That on what was found; of a discrete search, whose choice is no matter of alpha, by its cells alone."""
        if self.genotype is None:
            return None
        if self.epochs and dict(self.epochs[-1].cells) == dict(self.genotype.cells):
            return self.verdicts[-1]
        return judge(self.genotype.cells, self.space, self.genotype.meta.get('decision'))


def read_search(folder: Union[str, os.PathLike]) -> SearchHistory:
    """Reads the work directory of a search of any kind.

    A run that was interrupted and resumed has logged in several folders. Of a scalar that
    two of them hold, the later one counts from the step on at which it begins.

    Raises:
        FileNotFoundError: there is no such folder, or no search was run in it.
        ValueError: a file in it is damaged.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f'work directory {str(folder)!r} does not exist')
    stages = sorted((int(match[1]), path) for path in folder.iterdir() if (match := _STAGE.fullmatch(path.name)))
    names = (*SEARCH_FILES, f'*/{SCALARS}')
    if not stages and not any(any(folder.glob(name)) for name in names):
        raise FileNotFoundError(f'{str(folder)!r} is no work directory of a search; it has none of {", ".join(names)}')
    parts = sorted(path.parent for path in folder.glob('*/vis_data'))
    config, config_file = read_settings(folder, parts)
    scalars, training = _read_scalars([part / SCALARS for part in parts])
    lines = read_records(folder / 'evaluations.jsonl') or read_records(folder / 'selection.jsonl')
    pictures = {}
    for part in parts:
        for path in sorted((part / 'vis_data' / 'vis_image').glob('reconstruction_*.png')):
            if match := _PICTURE.fullmatch(path.name):
                pictures[int(match[1])] = path
    genotype = folder / 'genotype.json'
    return SearchHistory(
        folder=folder,
        config=config,
        config_file=config_file,
        settings=next((line['settings'] for line in lines if 'settings' in line), None),
        scalars=scalars,
        training=training,
        epochs=[_read_epoch(line) for line in read_records(folder / 'arch_history.jsonl')],
        genotype=load_genotype(genotype) if genotype.is_file() else None,
        truth=read_records(folder / 'benchmark_history.jsonl'),
        evaluations=[line for line in lines if 'settings' not in line],
        result=read_json(folder / 'result.json'),
        pictures=dict(sorted(pictures.items())),
        seconds=_read_seconds(folder, parts, lines),
        parts=len(parts),
        processes=_read_processes(parts),
        stages=[read_search(path) for _, path in stages],
        comparison=read_json(folder / COMPARISON),
    )


def _read_epoch(line: Mapping[str, Any]) -> Epoch:
    cells = read_cells(line['genotype'])
    return Epoch(line['epoch'], cells, line['parameters'], line['entropy'], line['skips'], line.get('ratio'))


def _read_scalars(files: Sequence[Path]) -> tuple[dict[str, Series], frozenset]:
    merged: dict[str, dict[int, float]] = {}
    training = set()
    for file in files:
        own: dict[str, dict[int, float]] = {}
        for line in read_records(file):
            # A training record says its iteration; the step of others is the epoch.
            names = [name for name in line if name not in ('step', 'iter', 'epoch')]
            training.update(names if 'iter' in line else [])
            for name in names:
                own.setdefault(_key(name, line), {})[line['step']] = float(line[name])
        for name, values in own.items():
            first = min(values)
            kept = {step: value for step, value in merged.get(name, {}).items() if step < first}
            merged[name] = {**kept, **values}
    series = {name: (tuple(sorted(v)), tuple(v[step] for step in sorted(v))) for name, v in merged.items()}
    return series, frozenset(training)


def _key(name: str, line: Mapping[str, Any]) -> str:
    """Validation logs its own ``time`` and ``data_time``, counted in epochs."""
    return f'val/{name}' if 'iter' not in line and '/' not in name else name


def _read_processes(parts: Sequence[Path]) -> int:
    """What MMEngine writes about the environment of the last start that has a log."""
    found = [number for part in parts for log in part.glob('*.log') for number in _PROCESSES.findall(log.read_text())]
    return int(found[-1]) if found else 1


def _read_seconds(folder: Path, parts: Sequence[Path], evaluations: Sequence[Mapping[str, Any]]) -> Optional[float]:
    """What tools/repeat.py has measured, else what the time stamps of the logs or the evaluations add up to."""
    state = read_json(folder / 'repeat.json')
    if state is not None:
        return float(state['seconds'])
    spans = []
    for log in [path for part in parts for path in part.glob('*.log')]:
        times = [datetime.strptime(stamp, '%Y/%m/%d %H:%M:%S') for stamp in _TIME.findall(log.read_text())]
        spans += [(times[-1] - times[0]).total_seconds()] if times else []
    spans = spans or [line['seconds'] for line in evaluations if 'seconds' in line]
    return sum(spans) if spans else None
