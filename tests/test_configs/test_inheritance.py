"""Configs are flat: a reader of one opens at most two others behind each other."""

import ast
from pathlib import Path

import pytest
from mmengine.config import Config

REPOSITORY = Path(__file__).resolve().parents[2]
CONFIGS = [path for path in sorted(REPOSITORY.glob('configs/*/*.py')) if path.parent.name != '_base_']


def bases(path: Path) -> list[Path]:
    """The files of this repository that ``path`` inherits from directly."""
    for statement in ast.parse(path.read_text()).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == '_base_':
            named = ast.literal_eval(statement.value)
            named = [named] if isinstance(named, str) else named
            return [(path.parent / name).resolve() for name in named if '::' not in name]
    return []


def depth(path: Path) -> int:
    return max((1 + depth(base) for base in bases(path)), default=0)


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_inheritance_is_at_most_two_levels_deep(path: Path) -> None:
    assert depth(path) <= 2
    assert all(base.is_file() for base in bases(path))


def test_every_base_is_used_or_says_whose_place_it_takes() -> None:
    used, open_files = set(), list(CONFIGS)
    while open_files:
        new = {base for path in open_files for base in bases(path)} - used
        used |= new
        open_files = list(new)
    unused = {path.name for path in REPOSITORY.glob('configs/_base_/**/*.py') if path not in used}
    assert unused == {'cifar10_search_array.py'}
    text = Config.fromfile(REPOSITORY / 'configs/_base_/datasets/cifar10_search_array.py').text
    assert 'Takes the place of cifar10_search.py' in text
