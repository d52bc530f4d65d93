"""Stand-alone networks of every space by one function, and the benchmarks' values by another."""

import json
import subprocess
import sys

import pyarrow.parquet as pq
import pytest
import torch

from mmnas_mae.apis import build_network, query
from mmnas_mae.spaces import get_space, load_genotype, published

OPTIMUM = '|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|'


def _params(model):
    return sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize(
    'name', ['DARTS_V2', 'DARTSminus_cifar10_s1_0', 'DARTSminus_cifar10_s3_0', 'SDARTS_c10_s4_pgd']
)
def test_darts_networks_have_the_published_sizes(data_file, name):
    computed = json.loads(data_file('genotypes.json').read_text())['genotypes'][name]['computed']
    space = published(name).space
    assert _params(build_network('darts', name)) == computed['cifar10_C36_L20']['params']
    assert _params(build_network(space, published(name), 100)) == computed['cifar100_C36_L20_params']
    small = build_network(space, published(name).to_dict(), num_classes=100, init_channels=16, layers=8)
    assert _params(small) == computed['cifar100_C16_L8_params']


def test_a_darts_network_is_the_backbone_pooled_and_classified():
    torch.manual_seed(0)
    network = build_network('darts', 'DARTS_V1', 7, init_channels=4, layers=5).eval()
    x = torch.randn(2, 3, 32, 32)
    feature = network.backbone(x)[-1]
    expected = feature.mean((2, 3)) @ network.classifier.weight.T + network.classifier.bias
    torch.testing.assert_close(network(x), expected)
    assert network(x).shape == (2, 7)


def test_nasbench201_networks_follow_the_formula(data_file):
    rows = pq.read_table(data_file('nb201.parquet'), columns=['arch', 'params_cifar10']).slice(0, 5).to_pylist()
    for row in rows:
        assert _params(build_network('nasbench201', row['arch'])) == row['params_cifar10']
    # The classifier has 65 parameters for each class.
    assert _params(build_network('nasbench201', rows[0]['arch'], 100)) == rows[0]['params_cifar10'] + 90 * 65
    small = build_network('nasbench201', OPTIMUM, init_channels=4, cells_per_stage=1).eval()
    assert small(torch.randn(2, 3, 32, 32)).shape == (2, 10)


def test_nasbench101_takes_matrix_and_ops(data_file):
    example = json.loads(data_file('oracles.json').read_text())['nasbench101']
    for cell in (example['example'], example['inception_like']):
        arch = dict(matrix=cell['matrix'], ops=cell['ops'])
        assert _params(build_network('nasbench101', arch)) == cell['params']
    genotype = get_space('nasbench101').genotype(arch)
    small = dict(num_classes=3, stem_channels=8, num_modules_per_stack=1)
    networks = [build_network('nasbench101', form, **small) for form in (arch, genotype, genotype.to_dict())]
    assert len({_params(network) for network in networks}) == 1
    assert networks[0].eval()(torch.randn(2, 3, 16, 16)).shape == (2, 3)


@pytest.mark.parametrize(
    'arch, params', [('64-41414-1_02_333', 22520608), ('64-1234-basic', 3400224), ('64-4111-basic', 2317600)]
)
def test_transnas_networks_have_one_name_for_both_spaces(arch, params):
    channels = {'1234': 256, '4111': 128}.get(arch.split('-')[1], 512)
    network = build_network('transnas101', arch, num_classes=75)
    assert _params(network) == params + 75 * (channels + 1)
    part = 'micro' if '_' in arch else 'macro'
    assert _params(build_network(f'transnas101_{part}', arch, num_classes=75)) == _params(network)
    assert build_network('transnas101', arch, init_channels=4).eval()(torch.randn(1, 3, 64, 64)).shape == (1, 10)
    pixels = build_network('transnas101', arch, 17, init_channels=4, decoder='segmentation').eval()
    assert pixels(torch.randn(1, 3, 64, 64)).shape == (1, 17, 64, 64)


def test_a_genotype_file_builds_in_every_space(tmp_path):
    for space, text in {
        'nasbench201': OPTIMUM,
        'nasbench101': '02001|100110100001001010101',
        'transnas101': '64-41414-1_02_333',
        'darts': published('DARTS_V2').to_text(),
    }.items():
        small = {'nasbench101': dict(stem_channels=8)}.get(space, dict(init_channels=4))
        path = tmp_path / f'{space}.json'
        load_genotype(text).save(path)
        assert _params(build_network(space, path, **small)) == _params(build_network(space, text, **small))


def test_what_does_not_belong_together_is_refused():
    with pytest.raises(ValueError, match="unknown search space 'resnet'; there are: .*nasbench201"):
        build_network('resnet', OPTIMUM)
    with pytest.raises(ValueError, match="darts needs a genotype of it, this one belongs to 'nasbench201'"):
        build_network('darts', OPTIMUM)
    with pytest.raises(ValueError, match="transnas101 needs a genotype of it, this one belongs to 'nasbench201'"):
        build_network('transnas101', OPTIMUM)
    with pytest.raises(ValueError, match='space nasbench201'):
        build_network('nasbench201', published('DARTS_V2'))
    with pytest.raises(ValueError, match=r"cannot be 'noise'"):
        build_network('darts_s2', published('DARTSminus_cifar10_s4_0'))
    with pytest.raises(ValueError, match='out_indices is an argument of GenotypeBackbone'):
        build_network('darts', 'DARTS_V2', out_indices=(0, 1))


def test_a_value_of_a_benchmark(data_file, monkeypatch):
    monkeypatch.setenv('MMNAS_DATA', str(data_file('nb201.parquet').parent))
    assert query('nasbench201', OPTIMUM, 'cifar10', 'test') == 94.3733
    assert query('nasbench201', load_genotype(OPTIMUM), 'cifar100', 'valid', path=data_file('nb201.parquet')) == 72.7467
    assert query('transnas101', '64-4111-basic', 'jigsaw', 'valid_top1') == pytest.approx(93.8197, abs=1e-4)
    with pytest.raises(ValueError, match='there are: cifar10, cifar100, imagenet16'):
        query('nasbench201', OPTIMUM, 'svhn', 'test')


def test_networks_need_torch_and_mmengine_only():
    script = (
        'import sys\n'
        'from mmnas_mae.apis import build_backbone, build_network, query\n'
        f"build_network('nasbench201', {OPTIMUM!r}, init_channels=4, cells_per_stage=1)\n"
        "build_network('darts', 'DARTS_V2', init_channels=4, layers=3)\n"
        "build_backbone('DARTS_V2', init_channels=4, layers=3)\n"
        "heavy = ('mmcv', 'mmpretrain', 'mmdet', 'pyarrow', 'matplotlib', 'torchvision', 'mmnas_mae.report')\n"
        'print([name for name in heavy if name in sys.modules])'
    )
    out = subprocess.run([sys.executable, '-c', script], check=True, capture_output=True, text=True).stdout
    assert out.splitlines()[-1] == '[]'
