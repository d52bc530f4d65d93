"""tools/analysis/get_flops.py: every family of configs, and which parts of a model it counts."""

import json

import pytest

from mmnas_mae.apis import build_network, build_search_model
from mmnas_mae.costs import count_macs, measure_complexity
from mmnas_mae.utils.config import read_config

TOOL = 'tools/analysis/get_flops.py'
SMALL = ('init_channels=2', 'layers=4')


def result(printed):
    return json.loads(printed.splitlines()[-1])


def options(*settings, prefix='model.backbone.'):
    return ['--cfg-options', *(f'{prefix}{setting}' for setting in settings)]


def test_a_retraining_costs_what_its_genotype_does(call):
    config = 'configs/retrain/genotype-l20-c36_1xb96-600e_cifar10.py'
    found = result(call(TOOL, config, *options(*SMALL), 'model.head.in_channels=(32,32)'))
    assert found.pop('parts') == ['backbone', 'head']
    genotype = result(call(TOOL, 'DARTS_V2', '--init-channels', 2, '--layers', 4))
    assert genotype.pop('parts') == ['network']
    assert found == genotype


@pytest.mark.parametrize(
    'config, settings, side',
    [
        ('search/maenas_darts-s0_1xb64-50e_cifar10', SMALL, 32),
        ('search/maenas_darts-s0_8xb128-50e_in1k', SMALL, 224),
        ('search/maenas_nasbench201_1xb64-50e_cifar10', ('init_channels=2', 'cells_per_stage=1'), 32),
        ('search/unnas-jigsaw_darts-s0_1xb64-50e_cifar10', SMALL, 32),
        # Of stride 32: a normalisation over one position of one image would be an error.
        ('search/maenas_transnas101-micro_1xb64-50e_cifar10', ('init_channels=4',), 224),
    ],
)
def test_of_a_search_its_network_is_counted(call, repository, config, settings, side):
    config = repository / f'configs/{config}.py'
    found = result(call(TOOL, config, *options(*settings)))
    assert (found['parts'], found['input']) == (['backbone'], [3, side, side])
    merged = {f'model.backbone.{name}': int(value) for name, value in (text.split('=') for text in settings)}
    model = build_search_model(read_config(config, merged))
    alpha = {id(parameter) for parameter in model.arch_parameters()}
    assert found['params'] == sum(p.numel() for p in model.backbone.parameters() if id(p) not in alpha)
    assert found['macs'] == count_macs(model.backbone, (3, side, side))


@pytest.mark.parametrize('task, classes', [('classification', 1000), ('segmentation', 171)])
def test_a_network_classifier_is_counted(call, repository, task, classes):
    (config,) = (repository / 'configs/retrain').glob(f'transnas101-{task}_*.py')
    found = result(call(TOOL, config, '--shape', 64, *options('init_channels=4', prefix='model.network.')))
    assert (found['parts'], found['input']) == (['network'], [3, 64, 64])
    network = build_network('transnas101', '64-41414-1_02_333', classes, decoder=task, init_channels=4)
    cost = measure_complexity(network, (3, 64, 64))
    assert (found['params'], found['macs']) == (cost.params, cost.macs)


@pytest.mark.parametrize(
    'config', ['configs/discrete/rea-table_nasbench201_cifar10.py', 'configs/analysis/collapse_nasbench201.py']
)
def test_what_has_no_model_is_refused_in_one_line(call, config):
    printed = call(TOOL, config, expect=1).strip()
    assert printed.splitlines()[-1].startswith(f'error: config {config!r} has no model to count')


def test_the_widest_network_within_a_budget(call):
    size = ('--stem', 'imagenet', '--layers', 4, '--shape', 64)
    found = result(call(TOOL, 'DARTS_V2', *size, '--budget', '20M'))
    channels = found.pop('init_channels')
    assert found == result(call(TOOL, 'DARTS_V2', *size, '--init-channels', channels))
    assert found['macs'] <= 20e6 < result(call(TOOL, 'DARTS_V2', *size, '--init-channels', channels + 2))['macs']
    deepest = result(call(TOOL, 'DARTS_V2', '--init-channels', 4, '--budget', 'params=30K', '--fit', 'layers'))
    assert deepest['params'] <= 30e3
    config = 'configs/retrain/genotype-l20-c36_1xb96-600e_cifar10.py'
    assert 'error: --budget fits the network of a genotype' in call(TOOL, config, '--budget', '20M', expect=1)
