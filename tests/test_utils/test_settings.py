"""Settings of a config are checked against what the classes take, for every class of the package."""

import inspect
from pathlib import Path
from typing import Any, Iterator

import pytest
from mmengine.config import Config
from mmengine.registry import Registry
from mmengine.runner import Runner

from mmnas_mae import registry as registries
from mmnas_mae.utils.errors import near_names
from mmnas_mae.utils.settings import SETTINGS, _arguments, check_options, check_settings

REPOSITORY = Path(__file__).resolve().parents[2]
#: What their own_images fill in is left open in their files.
OPEN = ('_folder', '_own')
CONFIGS = [
    path
    for path in sorted(REPOSITORY.glob('configs/*/*.py'))
    if path.parent.name not in ('_base_', 'analysis') and not path.stem.endswith(OPEN)
]
#: What is of none of the kinds that configs have.
WRONG = object()


def classes() -> Iterator[tuple[str, Any]]:
    """What a config can name of this package."""
    for registry in vars(registries).values():
        if isinstance(registry, Registry) and registry.scope == registries.SCOPE and registry.parent is not None:
            registry.import_from_location()
            yield from registry.module_dict.items()


def test_settings_are_those_of_the_runner() -> None:
    arguments = set(inspect.signature(Runner.__init__).parameters) - {'self', 'cfg'}
    assert arguments <= SETTINGS


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_every_config_passes(path: Path) -> None:
    check_settings(Config.fromfile(path))


def test_every_argument_of_every_class_is_checked() -> None:
    checked = 0
    for name, build in classes():
        arguments, are_all = _arguments(build)
        if are_all:
            with pytest.raises(ValueError, match=f'there is no setting part.no_such_name_as_{name.lower()}'):
                check_settings(Config(dict(part={'type': f'mmnas_mae.{name}', f'no_such_name_as_{name.lower()}': 1})))
        for argument, kind in arguments.items():
            if kind in (int, float, bool, str):
                wrong = 'x' if kind is not str else 7
                with pytest.raises(ValueError, match=rf'part\.{argument} must be .*, got {wrong!r}'):
                    check_settings(Config(dict(part={'type': f'mmnas_mae.{name}', argument: wrong})))
                checked += 1
    assert checked > 200


def test_options_are_settings() -> None:
    cfg = Config(dict(train_cfg=dict(max_epochs=2), epochs=2))
    check_options(cfg, {'train_cfg.max_epochs': 3, 'default_hooks.checkpoint.interval': 2})
    with pytest.raises(ValueError, match='option epochs: there is no such setting; did you mean train_cfg.max_epochs?'):
        check_options(cfg, {'epochs': 3})


def test_names_that_are_near() -> None:
    assert near_names('init_chanels', ['init_channels', 'layers']) == '; did you mean init_channels?'
    assert near_names('mmnas_mae.Maenas', ['mmnas_mae.MAENAS', 'Adam']) == '; did you mean mmnas_mae.MAENAS?'
    assert near_names('xyz', ['b', 'a']) == '; there are: a, b'
    assert near_names('xyz', []) == ''
