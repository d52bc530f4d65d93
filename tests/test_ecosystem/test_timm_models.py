"""timm's own functions on the networks of this package."""

import json

import pytest
import timm
import torch

import mmnas_mae.timm_models  # noqa: F401
from mmnas_mae.ecosystem import HubClassifier
from mmnas_mae.spaces import published, published_names

SIZE = dict(init_channels=4, layers=6)


def test_every_genotype_that_ships_has_a_name():
    assert timm.list_models('mmnas_*') == sorted(
        ['mmnas_genotype', *(f'mmnas_{name.lower()}' for name in published_names())]
    )


@pytest.mark.parametrize('name', published_names())
def test_each_name_is_its_genotype(name):
    model = timm.create_model(f'mmnas_{name.lower()}', init_channels=4, layers=3)
    assert model.genotype == published(name)
    assert (model.num_classes, model.in_chans) == (1000, 3)


def test_the_default_size_is_that_of_darts_on_imagenet():
    with torch.device('meta'):
        model = timm.create_model('mmnas_darts_v2')
    # quark0/darts publishes 4.7 M.
    assert sum(parameter.numel() for parameter in model.parameters()) == 4_718_752


def test_features_of_four_channels():
    model = timm.create_model('mmnas_darts_v2', pretrained=False, features_only=True, in_chans=4, num_classes=7, **SIZE)
    assert model.feature_info.channels() == [4, 16, 32, 64]
    assert model.feature_info.reduction() == [4, 8, 16, 32]
    features = model.eval()(torch.rand(1, 4, 64, 64))
    assert [feature.shape[1:] for feature in features] == [(4, 16, 16), (16, 8, 8), (32, 4, 4), (64, 2, 2)]
    some = timm.create_model('mmnas_darts_v2', features_only=True, out_indices=(0, 2), **SIZE)
    assert some.feature_info.channels() == [4, 32]
    assert [feature.shape[1] for feature in some(torch.rand(2, 3, 64, 64))] == [4, 32]


def test_a_genotype_of_ones_own_with_its_strides(tmp_path):
    with pytest.raises(ValueError, match=r"timm.create_model\('mmnas_genotype'\) needs genotype="):
        timm.create_model('mmnas_genotype')
    published('PDARTS').save(tmp_path / 'genotype.json')
    model = timm.create_model(
        'mmnas_genotype', genotype=str(tmp_path / 'genotype.json'), init_channels=4, layers=[1, 1, 1, 1],
        features_only=True,
    )  # fmt: skip
    assert model.feature_info.reduction() == [4, 8, 16, 32, 64]


def test_the_pretrained_configuration_names_layers_that_exist():
    model = timm.create_model('mmnas_darts_v2', **SIZE)
    config = model.pretrained_cfg
    assert isinstance(model.get_submodule(config['first_conv']), torch.nn.Conv2d)
    assert model.get_submodule(config['classifier']) is model.get_classifier()
    data = timm.data.resolve_model_data_config(model)
    assert (data['input_size'], data['crop_pct'], data['interpolation']) == ([3, 224, 224], 0.875, 'bilinear')
    with pytest.raises(RuntimeError, match='No pretrained weights exist'):
        timm.create_model('mmnas_darts_v2', pretrained=True, **SIZE)


def test_timm_reads_what_save_pretrained_writes(tmp_path):
    model = HubClassifier('PDARTS', 7, **SIZE).eval()
    source = f'local-dir:{model.save_pretrained(tmp_path, list("abcdefg"))}'
    images = torch.randn(2, 3, 64, 64)
    same = timm.create_model(source, pretrained=True).eval()
    assert torch.equal(same(images), model(images))
    assert list(same.pretrained_cfg['label_names']) == list('abcdefg')
    features = timm.create_model(source, pretrained=True, features_only=True).eval()(images)
    assert torch.equal(features[-1], model.forward_features(images))
    # Other classes and channels: a new linear layer, the first convolution repeated over the channels as timm does it.
    other = timm.create_model(source, pretrained=True, num_classes=3, in_chans=1).eval()
    grey = images[:, :1]
    difference = other.forward_features(grey) - model.forward_features(grey.repeat(1, 3, 1, 1))
    assert float(difference.detach().abs().max()) < 1e-6  # measured over five seeds: 4e-9, of features of 0.01
    assert other(grey).shape == (2, 3)


def test_from_pretrained_reads_what_timm_writes(tmp_path):
    model = timm.create_model('mmnas_pdarts', num_classes=7, **SIZE).eval()
    timm.models.save_for_hf(model, str(tmp_path), safe_serialization=True)
    assert json.loads((tmp_path / 'config.json').read_text())['architecture'] == 'mmnas_pdarts'
    images = torch.randn(2, 3, 64, 64)
    assert torch.equal(HubClassifier.from_pretrained(tmp_path)(images), model(images))
