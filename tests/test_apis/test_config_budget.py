"""The line ``budget`` of a config, and the flags that write it."""

import argparse

import pytest
import torch
from mmengine.registry import init_default_scope

from mmnas_mae.apis.network_flags import add_budget_arguments, budget_options, read_limits
from mmnas_mae.costs import Budget
from mmnas_mae.registry import HOOKS, MODELS
from mmnas_mae.spaces import load_genotype
from mmnas_mae.utils.config import read_config

AT = dict(init_channels=48, layers=14, stem='imagenet', image_size=224)
RETRAIN = 'configs/retrain/genotype-l14-c48_8xb128-250e_in1k.py'


@pytest.fixture
def read(repository):
    def load(config, **options):
        return read_config(repository / config, {f'budget.{key}': value for key, value in options.items()})

    return load


def test_a_search_by_gradient_gets_a_hook(read):
    cfg = read('configs/search/maenas_darts-s0_1xb64-50e_cifar10.py', macs=600e6, at=AT, rate=2.0)
    assert 'budget' not in cfg
    hook = HOOKS.build(cfg.default_hooks.budget)
    assert (hook.budget.limits, hook.budget.at, hook.rate) == (dict(macs=600e6), AT, 2.0)


def test_a_one_shot_search_selects_within_it(read):
    cfg = read('configs/search/rsps_nasbench201_1xb64-250e_cifar10.py', macs=5e7, rate=2.0)
    assert cfg.default_hooks.selection.budget == dict(macs=5e7)
    assert cfg.default_hooks.get('budget') is None


def test_a_discrete_search_keeps_it(read):
    assert read('configs/discrete/rs-table_nasbench201_cifar10.py', macs=5e7).budget == dict(macs=5e7)


@pytest.mark.parametrize(
    'macs, at, channels, layers', [(150e6, dict(layers=8), 30, 8), (9e7, dict(image_size=96), 42, 14)]
)
def test_a_classifier_is_as_wide_as_fits(read, macs, at, channels, layers):
    cfg = read(RETRAIN, macs=macs, **({'at': at} if at else {}))
    init_default_scope('mmpretrain')
    assert (cfg.model.backbone.init_channels, cfg.model.backbone.layers) == (channels, layers)
    with torch.device('meta'):
        assert cfg.model.head.in_channels == MODELS.build(cfg.model.backbone).out_channels
    size = dict(AT, **at, init_channels=channels)
    genotype = load_genotype('PC_DARTS_image')
    assert Budget(macs=macs, at=size)(genotype)
    assert not Budget(macs=macs, at=dict(size, init_channels=channels + 2))(genotype)


def test_a_network_of_a_benchmark_is_as_deep_as_fits(read):
    cfg = read('configs/retrain/nasbench201-c16_1xb256-200e_cifar10.py', macs=1e8, vary='cells_per_stage')
    network = cfg.model.network
    at = {key: value for key, value in network.items() if key in ('cells_per_stage', 'num_classes')}
    assert Budget(macs=1e8, at=at)(load_genotype(network.genotype))
    assert not Budget(macs=1e8, at=dict(at, cells_per_stage=at['cells_per_stage'] + 1))(load_genotype(network.genotype))


def test_what_cannot_be_limited_is_named(read, repository):
    with pytest.raises(ValueError, match="budget limits a search, or the classifier .* trains 'RetinaNet'"):
        read('configs/detection/retinanet_genotype_fpn_1x_coco.py', macs=1e9)
    with pytest.raises(ValueError, match='budget must be a dict such as .* got 600'):
        read_config(repository / RETRAIN, dict(budget=600))
    with pytest.raises(ValueError, match='no network of this genotype keeps within the budget'):
        read(RETRAIN, macs=1000)


@pytest.mark.parametrize(
    'given, options',
    [
        ([], {}),
        (['--budget', '300M'], {'budget.macs': 3e8}),
        (
            ['--budget', '0.6G', 'params=5.5M', '--shape', '128'],
            {
                'budget.macs': 6e8,
                'budget.params': 5.5e6,
                'budget.at.image_size': [128],
            },
        ),
        (['--budget', 'macs=1e8', '--shape', '96', '128'], {'budget.macs': 1e8, 'budget.at.image_size': [96, 128]}),
    ],
)
def test_flags_write_the_line(given, options):
    parser = argparse.ArgumentParser()
    add_budget_arguments(parser, 'it')
    assert budget_options(parser.parse_args(given)) == options


@pytest.mark.parametrize('text', ['300 M', 'M', '-3M', 'macs:3', '3T', '1.2.3'])
def test_another_form_is_refused(text):
    with pytest.raises(ValueError, match='with K, M or G, and limits macs, params, latency_ms, got'):
        read_limits([text])
