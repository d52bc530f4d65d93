"""A derived network on its way to the hub of models and back, in folders; the hub itself is replaced by a stand-in."""

import json
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import huggingface_hub
import pytest
import torch

from mmnas_mae.apis import load_weights
from mmnas_mae.ecosystem import HubClassifier
from mmnas_mae.models import GenotypeNetwork
from mmnas_mae.spaces import published

SIZE = dict(init_channels=4, layers=6)


@pytest.fixture
def model() -> HubClassifier:
    """Seven classes, images of four channels, with statistics of its own."""
    model = HubClassifier('DARTS_V2', 7, in_chans=4, **SIZE)
    model.train()(torch.randn(4, 4, 64, 64))
    return model.eval()


@pytest.fixture
def images() -> torch.Tensor:
    return torch.randn(2, 4, 64, 64)


def test_it_computes_what_the_network_of_the_genotype_does(model, images):
    network = GenotypeNetwork('DARTS_V2', 7, in_channels=4, stem='imagenet', **SIZE).eval()
    network.load_state_dict(model.state_dict())
    assert torch.equal(model(images), network(images))
    assert torch.equal(model.forward_features(images), network.backbone(images)[-1])


def test_weights_of_a_retraining_are_taken(model, images, tmp_path):
    # As mmpretrain names them, with the linear layer in the head.
    state = {name.replace('classifier.', 'head.fc.'): value for name, value in model.state_dict().items()}
    torch.save(dict(state_dict=state), tmp_path / 'epoch_1.pth')
    other = HubClassifier('DARTS_V2', 7, in_chans=4, **SIZE).eval()
    load_weights(other, tmp_path / 'epoch_1.pth')
    assert torch.equal(other(images), model(images))


def test_a_new_classifier(model, images):
    assert model.get_classifier() is model.classifier
    model.reset_classifier(3)
    assert model(images).shape == (2, 3)
    assert model.num_classes == 3
    model.reset_classifier(0)
    assert torch.equal(model(images), model.forward_features(images).mean((2, 3)))
    model.reset_classifier(0, 'max')
    assert torch.equal(model(images), model.forward_features(images).amax((2, 3)))
    model.reset_classifier(0, '')
    assert torch.equal(model(images), model.forward_features(images))
    with pytest.raises(ValueError, match='num_classes must be at least 0, and 0 without global_pool, got 5'):
        model.reset_classifier(5)
    with pytest.raises(ValueError, match="global_pool must be one of .*, got 'mean'"):
        model.reset_classifier(5, 'mean')


def test_the_hidden_features_stand_before_the_linear_layer(model, images):
    hidden = model.forward_head(model.forward_features(images), pre_logits=True)
    assert hidden.shape == (2, model.num_features)
    assert torch.equal(model.classifier(hidden), model(images))


def test_features_are_those_of_the_modules_that_are_named(model, images):
    seen = {}
    for entry in model.feature_info:
        module = model.get_submodule(entry['module'])
        module.register_forward_hook(lambda own, args, output, name=entry['module']: seen.update({name: output}))
    last, features = model.forward_intermediates(images)
    assert [entry['reduction'] for entry in model.feature_info] == [4, 8, 16, 32]
    for entry, feature in zip(model.feature_info, features):
        assert torch.equal(feature, seen[entry['module']])
        assert feature.shape[1] == entry['num_chs']
        assert feature.shape[2] == 64 // entry['reduction']
    assert torch.equal(last, features[-1])
    coarse = model.forward_intermediates(images, [0, -2], intermediates_only=True)
    assert all(torch.equal(one, features[place]) for one, place in zip(coarse, (0, 2)))
    assert len(model.forward_intermediates(images, 2, intermediates_only=True)) == 2
    with pytest.raises(ValueError, match=r'indices must be features from 0 to 3 or from -4 on, got \[4\]'):
        model.forward_intermediates(images, [4])
    with pytest.raises(ValueError, match="output_fmt must be NCHW, got 'NLC'"):
        model.forward_intermediates(images, output_fmt='NLC')


def test_pruned_features_stay_the_same(model, images):
    before = model.forward_intermediates(images, [0, 1], intermediates_only=True)
    assert model.prune_intermediate_layers([0, 1]) == [0, 1]
    assert len(model.backbone.cells) == 2
    assert model.num_classes == 0
    after = model.forward_intermediates(images, [0, 1], intermediates_only=True)
    assert all(map(torch.equal, before, after))


def test_drop_path_and_checkpointing_reach_the_cells(images):
    model = HubClassifier('DARTS_V2', 7, in_chans=4, drop_path_rate=0.3, drop_rate=0.5, **SIZE)
    assert (model.backbone.drop_path_prob, model.dropout.p) == (0.3, 0.5)
    model.set_grad_checkpointing()
    assert model.backbone.with_cp
    with pytest.raises(ValueError, match=r'drop_path_rate must lie in \[0, 1\), got 1'):
        HubClassifier('DARTS_V2', drop_path_rate=1, **SIZE)


def test_a_folder_gives_the_network_back(model, images, tmp_path):
    folder = model.save_pretrained(tmp_path / 'net', list('abcdefg'), mean=[0.5] * 4, std=[0.25] * 4)
    assert sorted(path.name for path in folder.iterdir()) == ['README.md', 'config.json', 'model.safetensors']
    again = HubClassifier.from_pretrained(folder)
    assert torch.equal(again(images), model(images))
    assert again.genotype == published('DARTS_V2')
    config = json.loads((folder / 'config.json').read_text())
    assert config['label_names'] == list('abcdefg')
    assert config['pretrained_cfg']['input_size'] == [4, 224, 224]
    assert config['pretrained_cfg']['mean'] == [0.5] * 4
    other = HubClassifier.from_pretrained(folder, num_classes=2)
    assert torch.equal(other.forward_features(images), model.forward_features(images))
    assert other(images).shape == (2, 2)


def test_what_is_published_names_no_folder_or_machine(tmp_path):
    genotype = published('DARTS_V2').with_meta(images=dict(root='/home/me'), environment='host', seed=3, score=-0.25)
    folder = HubClassifier(genotype, 7, **SIZE).save_pretrained(tmp_path)
    text = (folder / 'config.json').read_text()
    assert '/home/me' not in text
    assert 'host' not in text
    meta = json.loads(text)['model_args']['genotype']['meta']
    assert (meta['seed'], meta['score']) == (3, -0.25)


@pytest.mark.parametrize(
    'arguments, message',
    [
        (dict(classes=['a']), 'classes must be 7 names, as many as num_classes, got 1'),
        ({}, 'mean and std must be given for images of 4 channels: no others are usual'),
        (dict(mean=[0.5], std=[0.5] * 4), r'mean must be 4 numbers, one for each channel, got \[0.5\]'),
    ],
)
def test_a_description_that_does_not_fit_is_refused(model, tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        model.save_pretrained(tmp_path, **arguments)
    assert not [*tmp_path.iterdir()]


def edited(folder: Path, **changes) -> Path:
    config = json.loads((folder / 'config.json').read_text())
    for key, value in changes.items():
        place = config['model_args'] if key in config['model_args'] else config
        place[key] = value
    (folder / 'config.json').write_text(json.dumps(config))
    return folder


def test_files_of_others_execute_nothing_and_wrong_ones_are_named(tmp_path):
    folder = HubClassifier('DARTS_V2', 7, **SIZE).save_pretrained(tmp_path / 'net')

    def broken(**changes):
        shutil.rmtree(tmp_path / 'copy', ignore_errors=True)
        return edited(shutil.copytree(folder, tmp_path / 'copy'), **changes)

    with pytest.raises(ValueError, match="stem must be one of .*, got .*'os.system'"):
        HubClassifier.from_pretrained(broken(stem=dict(type='os.system', command='false')))
    with pytest.raises(ValueError, match="genotype must be a dict or a published name, got '/etc/passwd'"):
        HubClassifier.from_pretrained(broken(genotype='/etc/passwd'))
    with pytest.raises(ValueError, match='init_channels must be whole numbers from 1 to 4096, got 1000000000'):
        HubClassifier.from_pretrained(broken(init_channels=10**9))
    with pytest.raises(ValueError, match=r'these weights are not of this genotype.*missing'):
        HubClassifier.from_pretrained(broken(layers=7))
    with pytest.raises(ValueError, match="architecture must be one of mmnas_genotype, .*, got 'resnet50'"):
        HubClassifier.from_pretrained(broken(genotype=None, architecture='resnet50'))
    (tmp_path / 'copy' / 'config.json').write_text('{')
    with pytest.raises(ValueError, match='config.json of .*: not JSON'):
        HubClassifier.from_pretrained(tmp_path / 'copy')
    (tmp_path / 'copy' / 'model.safetensors').unlink()
    with pytest.raises(FileNotFoundError, match='has no model.safetensors'):
        HubClassifier.from_pretrained(tmp_path / 'copy')


def test_push_and_pull_through_a_stand_in_of_the_hub(monkeypatch, tmp_path):
    """Nothing of the network is used: repositories are folders."""

    class Api:
        def __init__(self, token):
            assert token == 'secret'

        def create_repo(self, repo_id, private, exist_ok):
            (tmp_path / repo_id).mkdir(parents=True, exist_ok=exist_ok)
            return SimpleNamespace(repo_id=repo_id)

        def file_exists(self, repo_id, filename, revision):
            return (tmp_path / repo_id / filename).exists()

        def upload_folder(self, repo_id, folder_path, ignore_patterns, commit_message, revision):
            for path in Path(folder_path).iterdir():
                if path.name not in (ignore_patterns or []):
                    shutil.copy(path, tmp_path / repo_id)

    monkeypatch.setattr(huggingface_hub, 'HfApi', Api)
    monkeypatch.setattr(huggingface_hub, 'hf_hub_download', lambda repo, name, revision: str(tmp_path / repo / name))
    model = HubClassifier('DARTS_V2', 7, **SIZE).eval()
    assert model.push_to_hub('me/cells', token='secret', private=True) == 'me/cells'
    (tmp_path / 'me/cells/README.md').write_text('mine')
    model.push_to_hub('me/cells', token='secret')
    assert (tmp_path / 'me/cells/README.md').read_text() == 'mine'
    again = HubClassifier.from_pretrained('me/cells', revision='main')
    images = torch.randn(1, 3, 64, 64)
    assert torch.equal(again(images), model(images))


def test_a_missing_package_is_named(monkeypatch, tmp_path):
    monkeypatch.delitem(sys.modules, 'safetensors.torch', raising=False)
    monkeypatch.setitem(sys.modules, 'safetensors', None)
    with pytest.raises(ModuleNotFoundError, match=r'safetensors is not installed: pip install safetensors'):
        HubClassifier('DARTS_V2', 7, **SIZE).save_pretrained(tmp_path)
