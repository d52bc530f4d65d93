"""A study: the runs of a grid, as data in a config, with options for all or some of them."""

import os
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence, Union

from mmengine.config import Config

from ..utils.checkpoints.files import last_checkpoint
from ..utils.config import read_config
from .seeded_run import SeededRun

#: Settings of a discrete search; all others are those of the search that it scores with.
DISCRETE = ('space', 'search', 'scorer', 'run', 'truth')
#: What lets a run in epochs be stopped within one.
PAUSE = {
    'train_dataloader.sampler.type': 'mmnas_mae.ResumableSampler',
    'default_hooks.pause.type': 'mmnas_mae.PauseHook',
}
#: An earlier row in the text of an option.
_PLACE = re.compile(r'{([\w-]+)(\.checkpoint)?}')
_ROW_KEYS = {'name', 'label', 'config', 'cfg_options', 'levels', 'published', 'scores'}


class StudyRun(SeededRun):
    """A run whose options may name earlier runs of the same seed.

    Args:
        places: work directories of the earlier runs, by the name of their row.
        given: those of the options that are not the study's own, kept in ``state``.
        **kwargs: as :class:`SeededRun`.
    """

    def __init__(self, places: Mapping[str, Path], given: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.places = places
        self.state.update(given=list(given))

    def resolve(self, text: str) -> str:
        """``{row}`` is the work directory of that run, ``{row.checkpoint}`` its last checkpoint."""

        def place(match: re.Match) -> str:
            folder = self.places[match[1]]
            return str(last_checkpoint(folder) if match[2] else folder)

        return _PLACE.sub(place, text)


class Study:
    """Rows times seeds.

    A config has ``title``; ``seeds``; ``rows``, each a dict of ``name``, ``config``,
    ``cfg_options``, ``levels`` (what it stands for on the axes of the grid), ``label`` (by
    default the name) and ``published`` (figures of the paper by name); ``columns`` of the
    table; ``truths`` that scores are compared with; ``pictures``; and ``presets``, named sets
    of options for many rows. A row with ``scores`` searches nothing: it scores architectures
    of a benchmark, with the flags of ``tools/analysis/score_architectures.py`` and
    ``checkpoint``, a sample for each seed, and all such rows are compared by how they rank
    them.

    Options for many rows have keys such as ``train_cfg.max_epochs``, or ``hd-*:model.masking``
    for the rows whose names match, ``!hd-*:model.masking`` for the others. Of several keys of a
    preset for one setting of a row, whatever their order, the one counts whose rows are among
    those of each other. Options reach discrete searches as settings of the search that these
    score with, except the keys that a discrete search has itself (:data:`DISCRETE`), which reach
    nothing else. An option of a row may name an earlier row, ``{supernet.checkpoint}``: it then
    waits for that row's run of the same seed.

    Args:
        file: the config.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it has another form.
    """

    def __init__(self, file: Union[str, os.PathLike]) -> None:
        cfg = read_config(file)
        self.name = Path(file).stem
        self.title: str = cfg.get('title', self.name)
        self.seeds: list[int] = list(cfg.get('seeds', [0]))
        self.rows: list[dict[str, Any]] = [row.to_dict() for row in cfg.get('rows', [])]
        self.columns: list[str] = list(cfg.get('columns', []))
        self.truths: Optional[list[str]] = cfg.get('truths')
        self.pictures: list[dict[str, Any]] = [picture.to_dict() for picture in cfg.get('pictures', [])]
        self.presets: dict[str, dict[str, Any]] = {k: v.to_dict() for k, v in cfg.get('presets', {}).items()}
        if not self.rows:
            raise ValueError(f'study {os.fspath(file)!r} has no rows; it must be a config of configs/analysis')
        names: set[str] = set()
        for row in self.rows:
            wrong = sorted(set(row) - _ROW_KEYS) or sorted({'name', 'config'} - set(row))
            if wrong:
                raise ValueError(f'rows of {self.name}: {", ".join(wrong)} is missing or unknown in {row}')
            if not re.fullmatch(r'[\w-]+', row['name']) or row['name'] in names:
                raise ValueError(
                    f'rows of {self.name}: names must differ and hold letters, digits, - or _, got {row["name"]!r}'
                )
            names.add(row['name'])
            row.setdefault('label', row['name'])
            row.setdefault('levels', {})
            row.setdefault('published', {})
            row.setdefault('scores', None)
            row['cfg_options'] = flatten(row.get('cfg_options', {}))

    def select(self, patterns: Optional[Sequence[str]]) -> list[dict[str, Any]]:
        """The rows that match one of ``patterns``, and those that they wait for; all by default.

        Raises:
            ValueError: a pattern matches no row.
        """
        if not patterns:
            return self.rows
        chosen: set[str] = set()
        for pattern in patterns:
            chosen |= set(self.matching(pattern))
        # A row waits for rows before it only.
        for row in reversed(self.rows):
            if row['name'] in chosen:
                chosen |= set(self.needs(row))
        return [row for row in self.rows if row['name'] in chosen]

    def matching(self, pattern: str) -> list[str]:
        """Names of the rows that a pattern stands for.

        Raises:
            ValueError: it stands for none.
        """
        names = [row['name'] for row in self.rows if _matches(row['name'], pattern)]
        if not names:
            known = ', '.join(row['name'] for row in self.rows)
            raise ValueError(f'no row of {self.name} matches {pattern!r}; there are: {known}')
        return names

    def needs(self, row: Mapping[str, Any], options: Optional[Sequence[str]] = None) -> list[str]:
        """Names of the rows that the options of ``row`` name, by default its own options.

        Raises:
            ValueError: one does not come before it.
        """
        names = [other['name'] for other in self.rows]
        texts = [str(value) for value in row['cfg_options'].values()] if options is None else list(options)
        texts += map(str, flatten(row['scores'] or {}).values())
        named = list(dict.fromkeys(match[1] for text in texts for match in _PLACE.finditer(text)))
        for name in named:
            if name not in names[: names.index(row['name'])]:
                raise ValueError(f'row {row["name"]!r} of {self.name} names {name!r}, which is no row before it')
        return named

    def settings(self, row: Mapping[str, Any], layer: Mapping[str, Any]) -> dict[str, Any]:
        """What a preset sets for a row, in the order of the names of the settings.

        Args:
            row: the row.
            layer: the preset, with keys as above.

        Raises:
            ValueError: keys with different values give one setting, and no pattern of them stands for fewer rows
                than each other one.
        """
        given: dict[str, list[tuple[set[str], str]]] = {}
        for key in layer:
            pattern, _, setting = key.rpartition(':')
            rows = {other['name'] for other in self.rows if _matches(other['name'], pattern or '*')}
            if row['name'] in rows:
                given.setdefault(setting, []).append((rows, key))
        chosen = {}
        for setting, keys in sorted(given.items()):
            rows, key = min(keys, key=lambda item: len(item[0]))
            rivals = [other for others, other in keys if layer[other] != layer[key] and not rows < others]
            if rivals:
                raise ValueError(f'{self.name}: {key!r} and {rivals[0]!r} both set {setting} of row {row["name"]!r}')
            chosen[setting] = layer[key]
        return chosen

    def options(self, row: Mapping[str, Any], layers: Sequence[Mapping[str, Any]]) -> list[str]:
        """All options of a row as ``key=value``: its own, then those of the layers, the last of which counts.

        Args:
            row: the row.
            layers: presets and options of the command line, with keys as above.

        Raises:
            ValueError: see :meth:`settings`.
        """
        cfg = read_config(row['config'])
        options = dict({} if row['scores'] else pausable(cfg), **row['cfg_options'])
        for layer in layers:
            for key, value in self.settings(row, layer).items():
                options.update(dict.fromkeys(_routed(cfg, key), value))
        return [f'{key}={_text(value)}' for key, value in options.items()]

    def runs(
        self,
        tools: Path,
        folder: Path,
        seeds: Sequence[int],
        rows: Sequence[Mapping[str, Any]],
        layers: Sequence[Mapping[str, Any]] = (),
        prefix: str = '',
        extra: Sequence[str] = (),
    ) -> list[StudyRun]:
        """The runs of ``rows``, row by row, in ``<folder>/<row>/seed_<seed>``; ``extra`` are flags of all tools.

        Raises:
            FileNotFoundError: a config does not exist.
            ValueError: an option or a row is wrong, or a folder belongs to other settings.
        """
        made: dict[tuple[str, int], StudyRun] = {}
        for row in rows:
            options = self.options(row, layers)
            own, needs = self.options(row, []), self.needs(row, options)
            for seed in seeds:
                made[row['name'], seed] = StudyRun(
                    places={name: made[name, seed].folder for name in needs},
                    given=[option for option in options if option not in own],
                    tools=tools,
                    config=row['config'],
                    folder=folder / row['name'] / f'seed_{seed}',
                    seed=seed,
                    options=options,
                    prefix=prefix,
                    extra=extra,
                    name=f'{row["name"]}, seed {seed}',
                    after=[made[name, seed] for name in needs],
                    scores=row['scores'],
                )
        return list(made.values())


def flatten(options: Mapping[str, Any], prefix: str = '') -> dict[str, Any]:
    """Nested dicts as dotted keys."""
    out: dict[str, Any] = {}
    for key, value in options.items():
        if isinstance(value, Mapping):
            out.update(flatten(value, f'{prefix}{key}.'))
        else:
            out[f'{prefix}{key}'] = value
    return out


def pausable(cfg: Config) -> dict[str, str]:
    """Options that let a run be stopped within an epoch, where its config allows it."""
    loader = cfg.get('train_dataloader') or {}
    by_epoch = (cfg.get('train_cfg') or {}).get('by_epoch')
    return PAUSE if by_epoch and loader.get('sampler', {}).get('type') == 'DefaultSampler' else {}


def _matches(name: str, pattern: str) -> bool:
    return fnmatchcase(name, pattern.removeprefix('!')) != pattern.startswith('!')


def _routed(cfg: Config, key: str) -> list[str]:
    """Where an option for many rows goes in this config."""
    if key.partition('.')[0] == 'budget':  # searches of either kind have their own
        return [key]
    own = key.partition('.')[0] in DISCRETE
    if 'search' not in cfg:
        return [] if own else [key]
    if own:
        return [key]
    return [f'run.cfg_options.{key}'] if cfg.get('run') else []


def _text(value: Any) -> str:
    return f'[{",".join(map(_text, value))}]' if isinstance(value, (list, tuple)) else str(value)
