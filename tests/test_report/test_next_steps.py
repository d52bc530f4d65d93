"""The commands that a report proposes are those that the tools take."""

import argparse
import importlib.util
import random
import re
import shlex
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from mmengine.config import Config

from mmnas_mae.models import Skeleton, TransNASNetwork, TransNASSupernet
from mmnas_mae.registry import MODELS, SKELETONS
from mmnas_mae.report.next_steps import next_steps
from mmnas_mae.report.search_history import SearchHistory, read_search
from mmnas_mae.spaces import get_space, load_genotype
from mmnas_mae.utils.options import OptionsAction

NB201 = dict(type='mmnas_mae.NASBench201Supernet', init_channels=2, cells_per_stage=1)


def parse(command, repository):
    """The config of a command with its options merged in, as config_from_arguments does it."""
    parser = argparse.ArgumentParser()
    parser.add_argument('--cfg-options', nargs='+', action=OptionsAction, default={})
    tool, config, *arguments = shlex.split(command.removeprefix('python '))
    assert (repository / tool).is_file()
    args, _ = parser.parse_known_args(arguments)
    cfg = Config.fromfile(repository / config)
    cfg.merge_from_dict(args.cfg_options)
    return cfg


def parse_comparison(command, repository):
    """The recipe with what the command of tools/compare.py says of the images merged in."""
    spec = importlib.util.spec_from_file_location('compare', repository / 'tools' / 'compare.py')
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    args = tool.arguments().parse_args(shlex.split(command.removeprefix('python tools/compare.py ')))
    assert Path(args.genotype).is_file()
    flags = shlex.join(tool.config_flags(args, Path(args.genotype).parent))
    return parse(f'python tools/train.py {args.config} {flags}', repository)


@pytest.mark.parametrize(
    'space, names',
    [
        ('darts_s0', ['draw', 'retrain', 'test', 'retrain', 'detect']),
        ('nasbench201', ['draw', 'retrain', 'query']),
        ('nasbench101', ['draw', 'retrain', 'query']),
        ('transnas101_micro', ['draw', 'retrain', 'query']),
        ('transnas101_macro', ['retrain', 'query']),
    ],
)
def test_what_was_found_is_what_they_train(space, names, repository, tmp_path):
    folder = tmp_path / 'search'
    genotype = get_space(space).random_genotype(random.Random(1))
    genotype.save(folder / 'genotype.json')
    steps = next_steps(SearchHistory(folder, genotype=load_genotype(folder / 'genotype.json')))
    assert [step.name for step in steps] == names
    for step in steps:
        if step.name in ('retrain', 'detect'):
            model = parse(step.command, repository).model
            place = model.get('network') or model.backbone
            source = place.get('genotype') or place.get('spec')
            assert load_genotype(source) == genotype
            network = MODELS.build(place if step.name == 'retrain' else dict(place, init_cfg=None))
            assert sum(p.numel() for p in network.parameters()) > 1e4
        elif step.name == 'query':
            arch = shlex.split(step.command)[-1]
            assert get_space(space).parse(arch) == genotype


@pytest.mark.parametrize(
    'skeleton, search, reason',
    [
        ('OwnNetwork', {}, "the skeleton 'OwnNetwork' has no stand-alone network"),
        ('darts', dict(strides=[1, 2, 2, 2]), r'strides \(1, 2, 2\), this skeleton has \(1, 2, 2, 2\)'),
    ],
)
def test_a_skeleton_of_its_own_is_not_retrained_as_darts(tmp_path, skeleton, search, reason):
    genotype = get_space('darts_s0').random_genotype(random.Random(1))
    replace(genotype, skeleton=skeleton, search=search).save(tmp_path / 'genotype.json')
    steps = next_steps(SearchHistory(tmp_path, genotype=load_genotype(tmp_path / 'genotype.json')))
    assert [step.name for step in steps] == ['draw', 'none']
    assert re.match(f'# .*{reason}', steps[1].command)


def test_a_network_with_settings_of_its_skeleton_is_retrained_with_them(tmp_path, repository, monkeypatch):
    own = partial(partial(TransNASNetwork, decoder='segmentation'), decoder='classification', init_channels=16)
    known = {**SKELETONS.module_dict, 'own': lambda: Skeleton(TransNASSupernet, own, retrain='network')}
    monkeypatch.setattr(SKELETONS, '_module_dict', known)
    genotype = replace(get_space('transnas101_micro').random_genotype(random.Random(1)), skeleton='own')
    genotype.save(tmp_path / 'genotype.json')
    steps = next_steps(SearchHistory(tmp_path, genotype=genotype))
    assert [step.name for step in steps] == ['draw', 'retrain', 'query']
    assert parse(steps[1].command, repository).model.network == dict(
        type='mmnas_mae.TransNASNetwork',
        decoder='classification',
        init_channels=16,
        num_classes=1000,
        genotype=str(tmp_path / 'genotype.json'),
    )


def test_a_network_that_no_config_can_name_is_not_proposed(tmp_path, monkeypatch):
    class Factory:
        def __call__(self, genotype, num_classes):
            raise NotImplementedError

    known = {**SKELETONS.module_dict, 'own': lambda: Skeleton(TransNASSupernet, Factory(), retrain='network')}
    monkeypatch.setattr(SKELETONS, '_module_dict', known)
    genotype = replace(get_space('transnas101_micro').random_genotype(random.Random(1)), skeleton='own')
    steps = next_steps(SearchHistory(tmp_path, genotype=genotype))
    assert steps[1].command == "# the network of the skeleton 'own' is no class that a config could name"


def test_an_unfinished_search_goes_on(leave_search, tmp_path):
    steps = next_steps(read_search(leave_search(tmp_path, NB201, epochs=2, max_epochs=5)))
    assert steps[0].name == 'resume'
    assert 'from epoch 2 of 5' in steps[0].title
    assert steps[0].command.endswith(f'--work-dir {tmp_path} --resume auto')
    done = next_steps(read_search(leave_search(tmp_path / 'done', NB201, epochs=2, max_epochs=2)))
    assert 'resume' not in [step.name for step in done]


def search_of(folder, images, stem='cifar'):
    """A finished search on a data set, with this of its config."""
    genotype = get_space('darts_s0').random_genotype(random.Random(1))
    genotype.save(folder / 'genotype.json')
    config = dict(model=dict(backbone=dict(stem=stem)), train_dataloader=dict(dataset=dict(dataset=images)))
    return SearchHistory(folder, config=config, genotype=load_genotype(folder / 'genotype.json'))


@pytest.mark.parametrize(
    'images, stem, names, first',
    [
        (dict(type='CIFAR10'), 'cifar', ['draw', 'retrain', 'test', 'retrain', 'detect'], 'xb96-600e_cifar10.py'),
        (dict(type='CIFAR100'), 'cifar', ['draw', 'retrain', 'test', 'retrain', 'detect'], 'xb96-600e_cifar100.py'),
        (dict(type='CustomDataset'), 'imagenet', ['draw', 'retrain', 'test', 'detect'], '8xb128-250e_in1k.py'),
        (
            dict(type='mmnas_mae.ImageFolder', data_root="my 'own' photos", max_broken=0.01),
            'cifar',
            ['draw', 'retrain', 'test', 'export', 'compare', 'detect'],
            'xb96-200e_folder.py',
        ),
    ],
)
def test_they_go_on_with_what_was_searched(images, stem, names, first, repository, tmp_path):
    steps = next_steps(search_of(tmp_path / 'a search', images, stem))
    assert [step.name for step in steps] == names
    for step in steps[1:]:
        if step.name == 'compare':
            continue
        cfg = parse(step.command, repository)
        assert cfg.model.backbone.genotype == str(tmp_path / 'a search' / 'genotype.json')
        if 'own_images' in cfg:
            root = cfg.own_images.get('data_root') or cfg.own_images.images
            assert root == images['data_root']
    assert shlex.split(steps[1].command.removeprefix('python '))[1].endswith(first)


@pytest.mark.parametrize('root', ['mine, and yours', '12', "it's, [mine]"])
@pytest.mark.parametrize(
    'kind, read',
    [
        ('ImageFolder', dict(channels=4, value_range=[0, 4095], max_broken=0.1)),
        ('ParquetImages', dict(channels=3, value_range=None, max_broken=None, image_column='photo, small')),
    ],
)
def test_own_images_are_read_as_in_the_search(kind, read, root, repository, tmp_path):
    images = dict(type=f'mmnas_mae.{kind}', data_root=root, channel_order='rgb', **read)
    steps = next_steps(search_of(tmp_path / 'a, search', images))
    # Boxes have their images in a folder.
    assert [step.name for step in steps[:4]] == ['draw', 'retrain', 'test', 'export']
    assert [step.name for step in steps[4:]] == ['compare', *(['detect'] if kind == 'ImageFolder' else [])]
    kept = {key: value for key, value in read.items() if value != dict(channels=3, value_range=None).get(key, '')}
    for step in steps[1:]:
        if step.name == 'compare':
            cfg = parse_comparison(step.command, repository)
            assert {key: value for key, value in cfg.own_images.items() if key != 'type'} == dict(
                data_root=root, **kept
            )
            continue
        cfg = parse(step.command, repository)
        assert cfg.model.backbone.genotype == str(tmp_path / 'a, search' / 'genotype.json')
        own = {key: value for key, value in cfg.own_images.items() if key not in ('type', 'annotations')}
        if step.name == 'detect':
            of_boxes = {key: value for key, value in kept.items() if 'column' not in key and value != 0.1}
            assert own == dict(images=root, **of_boxes)
        else:
            assert own == dict(data_root=root, **kept)


def test_a_run_on_several_processes_goes_on_on_as_many(leave_search, tmp_path):
    history = read_search(leave_search(tmp_path, NB201, epochs=2, max_epochs=5))
    assert history.processes == 1
    log = next(tmp_path.glob('*/vis_data')).parent / 'run.log'
    log.write_text('2026/01/01 00:00:00 - mmengine - INFO - \n    Distributed training: True\n    GPU number: 2\n')
    history = read_search(tmp_path)
    several = replace(history, config=dict(history.config, launcher='pytorch'))
    command = next_steps(several)[0].command
    assert command.startswith('tools/dist_train.sh ')
    assert f' 2 --work-dir {tmp_path} --resume auto' in command


def test_the_run_that_goes_on_keeps_its_name(leave_search, tmp_path):
    leave_search(tmp_path, NB201, epochs=2, max_epochs=5)
    (tmp_path / 'mine.py').write_text('')
    assert f'tools/train.py {tmp_path}/mine.py --work-dir' in next_steps(read_search(tmp_path))[0].command


def test_without_a_find_there_is_nothing_to_do(tmp_path):
    assert next_steps(SearchHistory(tmp_path)) == []
