"""Training what was found by its name and a folder: which config and which settings that is."""

import importlib.util
import sys
from types import SimpleNamespace

import pytest


@pytest.fixture
def asked(repository, monkeypatch, tmp_path):
    """What a tool would train: its config and its settings."""

    def ask(tool, *words):
        spec = importlib.util.spec_from_file_location(tool, repository / 'tools' / f'{tool}.py')
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found = {}

        def train(args, options):
            found.update(config=args.config, options=options, work_dir=args.work_dir, given=args.cfg_options)
            return SimpleNamespace(work_dir=args.work_dir)

        monkeypatch.setattr(module, 'train_from_arguments', train)
        monkeypatch.setattr(sys, 'argv', [tool, *words])
        module.main()
        return found

    return ask


def test_a_classifier_takes_a_genotype_and_a_folder(asked):
    found = asked('retrain', 'g.json', '--epochs', '3', 'cats', '--work-dir', 'there', '--cfg-options', 'a.b=[1,2]')
    assert found == dict(
        config='configs/retrain/genotype-l20-c36_1xb96-200e_folder.py',
        options={'model.backbone.genotype': 'g.json', 'own_images.data_root': 'cats', 'train_cfg.max_epochs': 3},
        work_dir='there',
        given={'a.b': [1, 2]},
    )


def test_another_config_has_images_of_its_own(asked, capsys):
    config = 'configs/retrain/genotype-l20-c36_1xb96-600e_cifar10.py'
    found = asked('retrain', 'DARTS_V2', '--config', config)
    assert (found['config'], found['options']) == (config, {'model.backbone.genotype': 'DARTS_V2'})
    for tool in ('retrain', 'detect'):
        with pytest.raises(SystemExit):
            asked(tool, 'DARTS_V2')
        assert 'name the folder of images' in capsys.readouterr().err


def test_a_detector_takes_boxes_too(asked):
    found = asked('detect', 'g.json', 'photos', 'boxes.json', '--size', '128', '--checkpoint', 'epoch_200.pth')
    assert found['config'] == 'configs/detection/retinanet_genotype_fpn_own.py'
    assert found['options'] == {
        'model.backbone.genotype': 'g.json',
        'own_images.images': 'photos',
        'own_images.annotations': 'boxes.json',
        'own_images.size': 128,
        'model.backbone.init_cfg.checkpoint': 'epoch_200.pth',
    }
