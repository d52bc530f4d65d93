"""The derived backbone: published counts, and what mmpretrain and mmdet rely on."""

import json
import subprocess
import sys

import pytest
import torch
from mmengine.utils.dl_utils.parrots_wrapper import _BatchNorm
from torch import nn

from mmnas_mae.costs import measure_complexity
from mmnas_mae.models import Cell, GenotypeBackbone, OpArgs, drop_path
from mmnas_mae.models.layers.ops import Identity
from mmnas_mae.spaces import CellGenotype, CellGraph, published, published_names

COSTLY = ('DARTS_V1', 'DARTS_V2', 'PDARTS', 'PC_DARTS_image')


class Classifier(nn.Module):
    def __init__(self, num_classes, **kwargs):
        super().__init__()
        self.backbone = GenotypeBackbone(**kwargs)
        self.fc = nn.Linear(self.backbone.out_channels[-1], num_classes)

    def forward(self, x):
        return self.fc(self.backbone(x)[-1].mean((2, 3)))


def small(**kwargs):
    return GenotypeBackbone(**{**dict(genotype='DARTS_V2', init_channels=4, layers=5), **kwargs})


def count(num_classes, **kwargs):
    with torch.device('meta'):
        return sum(p.numel() for p in Classifier(num_classes, **kwargs).parameters())


@pytest.fixture(scope='module')
def facts(data_file):
    return json.loads(data_file('genotypes.json').read_text())['genotypes']


#: Those of DARTS spaces; the others' sizes are asserted with their space.
DARTS_NAMES = [name for name in published_names() if published(name).space.startswith('darts')]


def test_every_darts_genotype_has_its_facts(facts):
    assert sorted(DARTS_NAMES) == sorted(facts)


@pytest.mark.parametrize('name', DARTS_NAMES)
def test_parameters_of_every_published_genotype(name, facts):
    expected = facts[name]['computed']
    assert count(10, genotype=name) == expected['cifar10_C36_L20']['params']
    assert count(100, genotype=name) == expected['cifar100_C36_L20_params']
    assert count(100, genotype=name, init_channels=16, layers=8) == expected['cifar100_C16_L8_params']
    imagenet = expected['imagenet224_L14']
    channels = imagenet['init_channels']
    assert count(1000, genotype=name, init_channels=channels, layers=14, stem='imagenet') == imagenet['params']


@pytest.mark.parametrize('name', COSTLY)
def test_multiply_adds_of_published_genotypes(name, facts):
    expected = facts[name]['computed']
    cost = measure_complexity(Classifier(10, genotype=name), (3, 32, 32))
    assert (cost.params, cost.macs) == tuple(expected['cifar10_C36_L20'].values())
    expected = expected['imagenet224_L14']
    model = Classifier(1000, genotype=name, init_channels=48, layers=14, stem='imagenet')
    cost = measure_complexity(model, (3, 224, 224))
    assert (cost.params, cost.macs) == (expected['params'], expected['macs'])
    assert model.training


@pytest.mark.parametrize(
    'name, stem, params, macs',
    [
        ('DARTS_V2', 'cifar', 3_349_342, 528.4),
        ('DARTS_V1', 'cifar', 3_169_414, 501.0),
        ('PDARTS', 'cifar', 3_433_798, 532.2),
        ('DARTS_V2', 'imagenet', 4_718_752, 529.9),
        ('PC_DARTS_image', 'imagenet', 5_342_464, 581.6),
    ],
)
def test_the_table_of_facts_holds_the_published_numbers(name, stem, params, macs, facts):
    row = facts[name]['computed']['cifar10_C36_L20' if stem == 'cifar' else 'imagenet224_L14']
    assert row['params'] == params
    assert round(row['macs'] / 1e6, 1) == macs


@pytest.mark.parametrize('name', ['DARTS_V2', 'SDARTS_c10_s1_random'])
def test_features_are_the_same_tuple_in_train_and_eval(name):
    backbone = small(genotype=name)
    x = torch.randn(2, 3, 32, 32)
    for training in (True, False):
        features = backbone.train(training)(x)
        assert isinstance(features, tuple)
        assert [tuple(f.shape) for f in features] == [(2, 16, 32, 32), (2, 32, 16, 16), (2, 64, 8, 8)]
    assert backbone.out_channels == (16, 32, 64)
    assert backbone.out_strides == (1, 2, 4)
    # In eval mode an image is seen alone.
    torch.testing.assert_close(backbone(x[:1])[-1], backbone(x)[-1][:1])


def test_all_forms_of_a_genotype_build_the_same(tmp_path):
    genotype = published('PDARTS')
    genotype.save(tmp_path / 'genotype.json')
    forms = ('PDARTS', genotype, genotype.to_dict(), genotype.to_text(), tmp_path / 'genotype.json')
    state = small(genotype='PDARTS').state_dict()
    for form in (*forms, str(tmp_path / 'genotype.json')):
        backbone = small(genotype=form, space='darts_s0')
        backbone.load_state_dict(state)
        assert backbone.genotype == genotype


@pytest.mark.parametrize('stem, side, strides', [('cifar', 32, (1, 1, 2, 4, 4)), ('imagenet', 128, (4, 8, 16, 32, 32))])
def test_outputs_can_be_chosen(stem, side, strides):
    every = ('stem', 0, 1, 'aux', 2)
    backbone = small(stem=stem, out_indices=every).eval()
    stages = []
    for cell in backbone.cells:
        cell.register_forward_hook(lambda module, inputs, output: stages.append(output))
    x = torch.randn(2, 3, side, side)
    features = backbone(x)
    assert [features[k] is stages[i] for k, i in ((1, 0), (2, 2), (3, 3), (4, 4))] == [True] * 4
    assert features[0] is not stages[0]
    stem_channels = 12 if stem == 'cifar' else 4
    assert backbone.out_channels == (stem_channels, 16, 32, 64, 64)
    assert backbone.out_strides == strides
    shapes = [(2, c, side // s, side // s) for c, s in zip(backbone.out_channels, backbone.out_strides)]
    assert [tuple(f.shape) for f in features] == shapes
    for index, feature in zip(every, features):
        (alone,) = _like(backbone, stem=stem, out_indices=(index,))(x)
        assert torch.equal(alone, feature)


def _like(backbone, **kwargs):
    other = small(**kwargs).eval()
    other.load_state_dict(backbone.state_dict())
    return other


def test_nothing_behind_the_last_output_is_computed():
    backbone = small(out_indices=('stem', 0))
    ran = []
    for i, cell in enumerate(backbone.cells):
        cell.register_forward_hook(lambda module, inputs, output, i=i: ran.append(i))
    backbone(torch.randn(2, 3, 16, 16))
    assert ran == [0]
    assert len(small(out_indices=['stem'])(torch.randn(2, 3, 16, 16))) == 1


STEM = {'cifar': ('stem.',), 'imagenet': ('stem0.', 'stem1.')}


@pytest.mark.parametrize('stem', ['cifar', 'imagenet'])
@pytest.mark.parametrize('stages, cells', [(-1, None), (0, 0), (1, 1), (2, 3), (3, 5)])
def test_frozen_stages(stages, cells, stem):
    backbone = small(stem=stem, frozen_stages=stages)
    frozen = () if cells is None else (*STEM[stem], *(f'cells.{i}.' for i in range(cells)))
    before = {key: value.clone() for key, value in backbone.state_dict().items()}
    for _ in range(2):
        backbone.train()
        for name, parameter in backbone.named_parameters():
            assert parameter.requires_grad is not name.startswith(frozen)
        for name, module in backbone.named_modules():
            if isinstance(module, nn.BatchNorm2d):
                assert module.training is not name.startswith(frozen)
        backbone.eval()
    backbone.train()
    loss = backbone(torch.randn(2, 3, 64, 64))[-1].square().sum()
    if stages < 3:
        loss.backward()
        torch.optim.SGD([p for p in backbone.parameters() if p.requires_grad], lr=0.1).step()
    else:
        assert not loss.requires_grad
    changed = {key for key, value in backbone.state_dict().items() if not torch.equal(value, before[key])}
    assert changed == {key for key in before if key.startswith(('stem', 'cells.')) and not key.startswith(frozen)}


def test_every_normalisation_has_the_momentum_that_is_asked_for():
    norms = [module for module in small(norm_momentum=0.01).modules() if isinstance(module, _BatchNorm)]
    assert len(norms) > 20
    assert {norm.momentum for norm in norms} == {0.01}
    with pytest.raises(ValueError, match=r'norm_momentum must lie in \(0, 1\], got 0'):
        small(norm_momentum=0)


def test_norm_eval_keeps_statistics_and_trains_the_rest():
    backbone = small(norm_eval=True).train()
    assert backbone.training
    assert not any(m.training for m in backbone.modules() if isinstance(m, nn.BatchNorm2d))
    assert all(p.requires_grad for p in backbone.parameters())
    assert all(m.training for m in small().train().modules())


@pytest.mark.parametrize(
    'kwargs, reason',
    [
        (dict(genotype='DARTS_V9'), "genotype 'DARTS_V9' is no file, no text .* published are: DARTS_V1"),
        (dict(genotype={}), "genotype: a genotype has the keys 'space' and 'cells'"),
        (dict(genotype='PDARTS', space='s2'), 'genotype: space darts_s2, cell normal: edge .* cannot be'),
        (dict(genotype='|none~0|+|none~0|none~1|+|none~0|none~1|none~2|'), "needs a DARTS genotype .* 'nasbench201'"),
        (dict(genotype='64-1234-basic'), "needs a DARTS genotype with normal and reduce cells; .* 'transnas101_macro'"),
        (dict(stem='resnet'), r"stem must be one of \('cifar', 'imagenet'\), or the config of a module, got 'resnet'"),
        (dict(layers=2), 'layers must be at least 3'),
        (dict(frozen_stages=4), 'frozen_stages must lie between -1 and 3, got 4'),
        (dict(out_indices=()), "out_indices must be chosen from .*'aux'.*got \\(\\)"),
        (dict(out_indices=(0, 3)), r'out_indices must be chosen from .*, got \(0, 3\)'),
        (dict(out_indices=('neck',)), "got \\('neck',\\)"),
        (dict(out_indices=(True,)), r'got \(True,\)'),
        (dict(out_indices=(2, 1)), r'out_indices must go from fine to coarse without repeats, got \(2, 1\)'),
        (dict(out_indices=(1, 1)), 'without repeats'),
        # With three layers the second reduction is the last cell.
        (dict(out_indices=('aux', 2), layers=3), 'at layers=3 the last reduction cell, .aux., ends its stage'),
    ],
)
def test_settings_out_of_range_are_refused_in_one_line(kwargs, reason):
    with pytest.raises((ValueError, FileNotFoundError), match=reason) as error:
        small(**kwargs)
    assert '\n' not in str(error.value)


def test_drop_path_drops_whole_images_and_keeps_the_mean():
    x = torch.ones(20000, 2, 2, 2)
    out = drop_path(x, 0.3)
    values = out.flatten(1)
    assert torch.equal(values.amin(1), values.amax(1))
    kept = values[:, 0] > 0
    # Standard error 0.0032
    assert float(kept.float().mean()) == pytest.approx(0.7, abs=0.013)
    torch.testing.assert_close(values[kept], torch.full_like(values[kept], 1 / 0.7))
    assert float(out.mean()) == pytest.approx(1, abs=0.02)
    assert drop_path(x, 0) is x


def test_drop_path_falls_on_edges_that_are_no_identity():
    node = (('skip_connect', 0), ('max_pool_3x3', 1))
    cell = Cell('normal', CellGraph.from_genotype(CellGenotype((node,), (2,)), 2), [Identity()] * 2, OpArgs(1, 1))
    x = torch.ones(8000, 1, 1, 1)
    out = cell((x, x), drop_path_prob=0.25).flatten()
    # The identity always gives 1, the pooling nothing or 1 / 0.75.
    assert sorted(round(float(v), 4) for v in out.unique()) == [1.0, 2.3333]
    assert float((out > 1).float().mean()) == pytest.approx(0.75, abs=0.02)
    assert torch.equal(cell.eval()((x, x), drop_path_prob=0.25), 2 * x)


def test_drop_path_acts_in_training_only_and_not_on_frozen_stages():
    x = torch.randn(2, 3, 16, 16)
    backbone = small(norm_eval=True, frozen_stages=1).train()
    still = backbone(x)
    backbone.drop_path_prob = 0.5
    moving = backbone(x)
    assert torch.equal(moving[0], still[0])
    assert not torch.equal(moving[2], still[2])
    backbone.eval()
    # Training takes another way through dilated convolutions, equal up to rounding.
    torch.testing.assert_close(backbone(x)[2], still[2], rtol=1e-5, atol=1e-6)


def test_nodes_sum_their_edges_and_the_cell_joins_its_nodes():
    genotype = published('DARTS_V2').cells['normal']
    cell = small().cells[0].eval()
    inputs = torch.randn(2, 12, 8, 8), torch.randn(2, 12, 8, 8)
    states = [module(x) for module, x in zip(cell.preprocess, inputs)]
    # The edges of a node are stored by source.
    modules = iter(cell.edges)
    for node in genotype.nodes:
        states.append(sum(next(modules)(states[source]) for source in sorted(source for _, source in node)))
    torch.testing.assert_close(cell(inputs), torch.cat(states[2:], 1))


def test_it_needs_mmengine_alone():
    code = (
        'import sys; from mmnas_mae.models import GenotypeBackbone; import torch;'
        'b = GenotypeBackbone("DARTS_V2", init_channels=4, layers=3); b(torch.zeros(2, 3, 8, 8));'
        'names = {m.split(".")[0] for m in sys.modules if m.startswith("mm")};'
        'print(sorted(names - sys.stdlib_module_names))'
    )
    out = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "['mmengine', 'mmnas_mae']"
