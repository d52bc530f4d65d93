"""Configs as tools read them."""

import sys
from pathlib import Path
from typing import Iterator

import pytest
from mmengine.config import Config
from mmengine.registry import MODELS as ROOT
from mmengine.registry import DefaultScope

from mmnas_mae.discrete import RandomSearch
from mmnas_mae.registry import SPACES, TASK_UTILS
from mmnas_mae.utils.config import read_config

MODULE = """
from mmnas_mae.discrete import RandomSearch
from mmnas_mae.registry import SPACES, TASK_UTILS
from mmnas_mae.spaces import CellGraph, CellSpace

@SPACES.register_module()
def space_from_outside():
    return CellSpace('space_from_outside', dict(cell=CellGraph.dense(1, 2, ('none', 'skip_connect'))))
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Name of a module that registers a space."""
    name = 'a_module_from_outside'
    (tmp_path / f'{name}.py').write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    yield name
    SPACES.module_dict.pop('space_from_outside', None)
    sys.modules.pop(name, None)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / 'config.py'
    path.write_text('model = dict(backbone=dict(layers=3))\n')
    return path


def test_options_override_and_the_given_config_stays(file: Path) -> None:
    cfg = read_config(file, {'model.backbone.layers': 4})
    assert (cfg.model.backbone.layers, cfg.filename) == (4, str(file))
    assert read_config(cfg, {'model.backbone.layers': 5}).model.backbone.layers == 5
    assert cfg.model.backbone.layers == 4
    with pytest.raises(FileNotFoundError, match=r"config 'none.py' does not exist"):
        read_config('none.py')


def test_modules_named_in_options_are_imported(file: Path, module: str) -> None:
    assert 'space_from_outside' not in SPACES.module_dict
    read_config(file, {'custom_imports': dict(imports=[module])})
    assert 'space_from_outside' in SPACES.module_dict


def test_a_module_that_is_not_there_is_named_in_one_line(file: Path) -> None:
    file.write_text("custom_imports = dict(imports=['module_of_nobody'], allow_failed_imports=False)\n")
    with pytest.raises(ModuleNotFoundError, match='custom_imports: .*module_of_nobody.*PYTHONPATH') as error:
        read_config(file)
    assert '\n' not in str(error.value)


@pytest.mark.parametrize(
    'content, place',
    [
        (dict(model=dict(type='MAENAS')), "model.type='MAENAS' is not registered; did you mean mmnas_mae.MAENAS"),
        (dict(custom_hooks=[dict(type='EMAHook'), dict(type='BilevelHook')]), r"custom_hooks.1.type='BilevelHook'"),
        (
            dict(optim_wrapper=dict(constructor='BilevelOptimWrapperConstructor')),
            "optim_wrapper.constructor='BilevelOptimWrapperConstructor'.*mmnas_mae.BilevelOptimWrapperConstructor",
        ),
        (dict(search=dict(type='RandomSearch'), space='s0'), "search.type='RandomSearch'.*mmnas_mae.RandomSearch"),
        (dict(run=dict(cfg_options={'model.neck.type': 'SingleScaleDecoder'})), 'mmnas_mae.SingleScaleDecoder'),
    ],
)
def test_our_names_need_their_prefix(content: dict, place: str) -> None:
    with pytest.raises(ValueError, match=place):
        read_config(Config(content))


def test_without_its_prefix_a_name_depends_on_what_was_built_before() -> None:
    bare, prefixed = (dict(type=name, budget=1) for name in ('RandomSearch', 'mmnas_mae.RandomSearch'))
    with DefaultScope.overwrite_default_scope('mmnas_mae'):
        assert isinstance(TASK_UTILS.build(bare), RandomSearch)
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        assert isinstance(TASK_UTILS.build(prefixed), RandomSearch)
        with pytest.raises(KeyError, match='RandomSearch is not in'):
            TASK_UTILS.build(bare)


def test_a_name_that_others_have_registered_is_theirs() -> None:
    read_config(Config(dict(model=dict(type='mmnas_mae.MAENAS'), optimizer=dict(type='SGD'), space=dict(type='s0'))))
    ROOT.register_module(name='MAENAS', module=dict)
    try:
        read_config(Config(dict(model=dict(type='MAENAS'))))
    finally:
        ROOT.module_dict.pop('MAENAS')


def test_reading_leaves_the_scope_alone() -> None:
    before = DefaultScope.get_current_instance()
    read_config(Config(dict(default_scope='mmdet', model=dict(type='RetinaNet'))))
    assert DefaultScope.get_current_instance() is before
