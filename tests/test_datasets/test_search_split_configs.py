"""A split as a config writes it, a run leaves it and the command line changes it."""

import argparse

import pytest
from mmengine.config import Config, DictAction
from mmengine.registry import DefaultScope

from mmnas_mae.registry import DATASETS


def indices(loader):
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        return DATASETS.build(loader.dataset).indices.tolist()


@pytest.mark.parametrize('suffix', ['py', 'json'])
def test_the_config_that_a_run_leaves_cuts_the_same_parts(search_cfg, tmp_path, suffix):
    """MMEngine writes it with sorted keys."""
    file = tmp_path / f'left.{suffix}'
    search_cfg.dump(file)
    left = Config.fromfile(file)
    for cfg in (search_cfg, left):
        cfg.arch_dataloader = dict(dataset=dict(cfg.train_dataloader.dataset, part='arch'))
    for name in ('train_dataloader', 'arch_dataloader', 'val_dataloader'):
        assert indices(left[name]) == indices(search_cfg[name])
    assert not set(indices(left.train_dataloader)) & set(indices(left.arch_dataloader))


def test_parts_are_set_from_the_command_line(search_cfg):
    """A list takes the place of the one in the config."""
    parser = argparse.ArgumentParser()
    parser.add_argument('--cfg-options', nargs='+', action=DictAction)
    option = 'train_dataloader.dataset.parts=[(weights,0.004),(arch,0.003),(heldout,0.1)]'
    before = indices(search_cfg.train_dataloader)
    search_cfg.merge_from_dict(parser.parse_args(['--cfg-options', option]).cfg_options)
    assert search_cfg.train_dataloader.dataset.parts == [('weights', 0.004), ('arch', 0.003), ('heldout', 0.1)]
    assert indices(search_cfg.train_dataloader)[: len(before)] == before
    assert (len(before), len(indices(search_cfg.train_dataloader))) == (38, 77)
