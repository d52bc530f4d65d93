"""The commands that come after a search, for what it has found."""

import inspect
import shlex
from pathlib import Path
from typing import Any, Mapping, NamedTuple

from ..benchmarks import benchmarks_of
from ..models import get_skeleton, skeleton_name
from ..models.networks.base_network import found_strides
from ..models.networks.darts_network import STRIDES
from ..models.networks.skeleton import unbound
from ..registry import MODELS, SCOPE
from ..spaces import Genotype, get_space
from ..utils.checkpoints.files import newest_checkpoint
from ..utils.options import format_value
from .search_history import SearchHistory

_CIFAR = 'configs/retrain/genotype-l20-c36_1xb96-600e_cifar10.py'
_CIFAR100 = 'configs/retrain/genotype-l20-c36_1xb96-600e_cifar100.py'
_OWN = 'configs/retrain/genotype-l20-c36_1xb96-200e_folder.py'
_RECIPE = 'configs/compare/genotype-l8-c16_1xb64-30e_folder.py'
_OWN_DETECTOR = 'configs/detection/retinanet_genotype_fpn_own.py'
_IMAGENET = 'configs/retrain/genotype-l14-c48_8xb128-250e_in1k.py'
#: How own images are read, unless a setting says it.
_READ = dict(channels=3, value_range=None, image_column='image', max_broken=0.01)
_NETWORK = 'configs/retrain/transnas101-classification_1xb128-25e_in1k.py'
_DETECTOR = 'configs/detection/retinanet_genotype_fpn_1x_coco.py'


class Step(NamedTuple):
    """What to do next.

    Args:
        name: one word for it, such as ``retrain``.
        title: what it does.
        command: to be run in the root of the repository.
    """

    name: str
    title: str
    command: str


def next_steps(history: SearchHistory) -> list[Step]:
    """Continue what is unfinished, retrain, detect, look up; empty where nothing was found yet."""
    steps = []
    done = max((epoch.epoch for epoch in history.epochs), default=None)
    if done is not None and history.max_epochs is not None and done < history.max_epochs:
        # The copy in the work directory, under its own name where there is one: the run keeps that name then.
        copies = sorted(history.folder.glob('*.py'))
        config = copies[0] if len(copies) == 1 else history.config_file
        tool, several = ['python', 'tools/train.py'], history.setting('launcher') == 'pytorch'
        begin = ['tools/dist_train.sh', str(config), str(history.processes)] if several else [*tool, str(config)]
        command = shlex.join([*begin, '--work-dir', str(history.folder), '--resume', 'auto'])
        steps.append(Step('resume', f'Go on from epoch {done} of {history.max_epochs}', command))
    if history.genotype is not None:
        steps += [*_retraining(history), *_looking_up(history.genotype)]
    if history.pretrains and (weights := newest_checkpoint(history.folder)) is not None:
        steps.append(_with_weights(history, weights))
    return steps


def _with_weights(history: SearchHistory, weights: Path) -> Step:
    """A classifier that starts from the weights of a pre-training; of a network that no config here has, how to."""
    backbone, images = history.setting('model.backbone', {}), history.setting('train_dataloader.dataset.dataset', {})
    init = dict(type='Pretrained', checkpoint=str(weights), prefix='backbone.')
    if not backbone['type'].endswith('GenotypeBackbone') or not isinstance(backbone['genotype'], str):
        inner = 'network.' if backbone['type'].endswith('MaskedBackbone') else ''
        return Step('load', 'Start another model from it', f'# init_cfg={dict(init, prefix=f"backbone.{inner}")}')
    kept = ('genotype', 'init_channels', 'layers', 'stem', 'in_channels')
    settings = {f'model.backbone.{key}': backbone[key] for key in kept if isinstance(backbone.get(key), (str, int))}
    settings.update({f'model.backbone.init_cfg.{key}': value for key, value in init.items()})
    if 'data_root' in images:
        settings['own_images.data_root'] = str(images['data_root'])
    options = shlex.join(f'{key}={format_value(value)}' for key, value in settings.items())
    return Step('classify', 'Train a classifier from it', f'python tools/train.py {_RECIPE} --cfg-options {options}')


def _retraining(history: SearchHistory) -> list[Step]:
    path = str(history.folder / 'genotype.json')
    genotype = history.genotype
    draw = f'python tools/visualization/draw_genotype.py {shlex.quote(path)}'
    steps = [Step('draw', 'Draw the cells into a file', draw)] if genotype.cells else []
    try:
        name = skeleton_name(genotype)
        skeleton, stages = get_skeleton(name), found_strides(genotype) or STRIDES
    except ValueError as error:
        return [*steps, _untrainable(str(error))]
    if skeleton.retrain == 'backbone' and stages != STRIDES:
        return [*steps, _untrainable(f'they have stages of strides {STRIDES}, this skeleton has {stages}')]
    if skeleton.retrain == 'backbone':
        return [*steps, *_trainings(history, shlex.quote(f'model.backbone.genotype={format_value(path)}'))]
    if skeleton.retrain == 'network':
        network, settings = unbound(skeleton.network)
        if not hasattr(network, '__name__'):
            return [*steps, _untrainable(f'the network of the skeleton {name!r} is no class that a config could name')]
        scope = f'{SCOPE}.' if network.__name__ in MODELS.module_dict else ''
        argument = next(iter(inspect.signature(skeleton.network).parameters))
        settings = dict(type=f'{scope}{network.__name__}', **{**settings, 'num_classes': 1000, argument: path})
        options = [f'model.network.{key}={value}' for key, value in dict(_delete_=True, **settings).items()]
        command = f'python tools/train.py {_NETWORK} --cfg-options {shlex.join(options)}'
        title = 'Retrain on ImageNet (a cell of a benchmark is no backbone of a detector)'
        return [*steps, Step('retrain', title, command)]
    return [*steps, _untrainable(f'none is for the skeleton {name!r}; build_network builds its network')]


def _trainings(history: SearchHistory, option: str) -> list[Step]:
    """Trainings of a derived backbone on what was searched; then where its cells may go."""
    images = history.setting('train_dataloader.dataset.dataset', {})
    kind = str(images.get('type', ''))
    # own_images says in full how images are read, which configs of published data sets leave to its defaults.
    if kind.endswith('ImageFolder') or (kind.endswith('ParquetImages') and 'value_range' in images):
        steps = _on_own_images(images, option, shlex.quote(str(history.folder / 'genotype.json')))
        # A detector reads the images of its boxes from a folder.
        return [step for step in steps if step.name != 'detect' or kind.endswith('ImageFolder')]
    command = f'tools/dist_train.sh {_IMAGENET} 8 --cfg-options {option}'
    on_imagenet = Step('retrain', 'Retrain on ImageNet, 8 GPUs', command)
    checkpoint = 'model.backbone.init_cfg.checkpoint=work_dirs/genotype-l14-c48_8xb128-250e_in1k/epoch_250.pth'
    detect = Step(
        'detect',
        'Detect on COCO with the backbone trained on ImageNet, 8 GPUs',
        f'tools/dist_train.sh {_DETECTOR} 8 --cfg-options {option} {checkpoint}',
    )
    if history.setting('model.backbone.stem') == 'imagenet':
        return [on_imagenet, _test(_IMAGENET, 'epoch_250.pth', option), detect]
    name, config = ('CIFAR-100', _CIFAR100) if kind.endswith('CIFAR100') else ('CIFAR-10', _CIFAR)
    return [
        Step('retrain', f'Retrain on {name}', f'python tools/train.py {config} --cfg-options {option}'),
        _test(config, 'epoch_600.pth', option),
        on_imagenet,
        detect,
    ]


def _on_own_images(images: Mapping[str, Any], option: str, path: str) -> list[Step]:
    """They are read as in the search."""
    kept = {key: images[key] for key, default in _READ.items() if images.get(key, default) != default}
    options = f'{option} {_own(data_root=str(images["data_root"]), **kept)}'
    # Of boxes no image is skipped.
    of_boxes = {key: value for key, value in kept.items() if key in ('channels', 'value_range') or value is None}
    checkpoint = f'work_dirs/{Path(_OWN).stem}/epoch_200.pth'
    pretrained = f'model.backbone.init_cfg.checkpoint={checkpoint}'
    return [
        Step(
            'retrain',
            'Train a classifier of these images, with a folder for each class or labels in the Parquet file',
            f'python tools/train.py {_OWN} --cfg-options {options}',
        ),
        _test(_OWN, 'epoch_200.pth', options),
        Step(
            'export',
            'Write it as ONNX',
            f'python tools/misc/export.py {_OWN} {checkpoint} --out classifier.onnx --cfg-options {options}',
        ),
        Step(
            'compare',
            'See whether it pays: it and other networks of the same cost, by one recipe',
            f'python tools/compare.py {path} {shlex.quote(str(images["data_root"]))}'
            + (f' --cfg-options {_own(**kept)}' if kept else ''),
        ),
        Step(
            'detect',
            'Detect on your own boxes with its backbone; ANNOTATIONS is a file in the format of COCO',
            f'python tools/train.py {_OWN_DETECTOR} --cfg-options {option} {pretrained} '
            f'{_own(images=str(images["data_root"]), **of_boxes)} own_images.annotations=ANNOTATIONS',
        ),
    ]


def _own(**settings: Any) -> str:
    """Options of ``own_images`` as a shell takes them."""
    return shlex.join(f'own_images.{key}={format_value(value)}' for key, value in settings.items())


def _test(config: str, checkpoint: str, options: str) -> Step:
    command = f'python tools/test.py {config} work_dirs/{Path(config).stem}/{checkpoint} --cfg-options {options}'
    return Step('test', 'Test what was retrained', command)


def _untrainable(reason: str) -> Step:
    return Step('none', 'No config here retrains it', f'# {reason}')


def _looking_up(genotype: Genotype) -> list[Step]:
    known = benchmarks_of(genotype.space)
    if not known:
        return []
    arch = shlex.quote(get_space(genotype.space).format(genotype))
    command = f'python tools/analysis/query_benchmark.py {known[0]} {arch}'
    return [Step('query', 'Look up the true accuracy, where the table is at hand', command)]
