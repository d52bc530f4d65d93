"""The commands that come after a search, for what it has found."""

import shlex
from typing import NamedTuple

from ..benchmarks import benchmarks_of
from ..spaces import Genotype, get_space
from .search_history import SearchHistory

_CIFAR = 'configs/retrain/genotype-l20-c36_1xb96-600e_cifar10.py'
_IMAGENET = 'configs/retrain/genotype-l14-c48_8xb128-250e_in1k.py'
_NETWORK = 'configs/retrain/transnas101-classification_1xb128-25e_in1k.py'
_DETECTOR = 'configs/detection/retinanet_genotype_fpn_1x_coco.py'

#: Spaces whose stand-alone networks are retrained as a whole: options of the config of retraining.
_NETWORKS = {
    'nasbench101': '_delete_=True type=mmnas_mae.NASBench101Network num_classes=1000 spec',
    'nasbench201': 'type=mmnas_mae.NASBench201Network genotype',
    'transnas101_micro': 'genotype',
    'transnas101_macro': 'genotype',
}


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
        arguments = shlex.join([str(history.config_file), '--work-dir', str(history.folder), '--resume', 'auto'])
        steps.append(
            Step('resume', f'Go on from epoch {done} of {history.max_epochs}', f'python tools/train.py {arguments}')
        )
    if history.genotype is not None:
        steps += [*_retraining(history), *_looking_up(history.genotype)]
    return steps


def _retraining(history: SearchHistory) -> list[Step]:
    path = str(history.folder / 'genotype.json')
    genotype = history.genotype
    draw = f'python tools/visualization/draw_genotype.py {shlex.quote(path)}'
    steps = [Step('draw', 'Draw the cells into a file', draw)] if genotype.cells else []
    if set(genotype.cells) == {'normal', 'reduce'}:
        option = shlex.quote(f'model.backbone.genotype={path}')
        checkpoint = 'model.backbone.init_cfg.checkpoint=work_dirs/genotype-l14-c48_8xb128-250e_in1k/epoch_250.pth'
        return [
            *steps,
            Step('retrain', 'Retrain on CIFAR-10', f'python tools/train.py {_CIFAR} --cfg-options {option}'),
            Step(
                'test',
                'Test what was retrained',
                f'python tools/test.py {_CIFAR} work_dirs/genotype-l20-c36_1xb96-600e_cifar10/epoch_600.pth '
                f'--cfg-options {option}',
            ),
            Step('retrain', 'Retrain on ImageNet, 8 GPUs', f'tools/dist_train.sh {_IMAGENET} 8 --cfg-options {option}'),
            Step(
                'detect',
                'Detect on COCO with the backbone trained on ImageNet, 8 GPUs',
                f'tools/dist_train.sh {_DETECTOR} 8 --cfg-options {option} {checkpoint}',
            ),
        ]
    if genotype.space in _NETWORKS:
        *options, last = _NETWORKS[genotype.space].split()
        options = [*(f'model.network.{option}' for option in options), f'model.network.{last}={path}']
        command = f'python tools/train.py {_NETWORK} --cfg-options {shlex.join(options)}'
        steps.append(
            Step('retrain', 'Retrain on ImageNet (a cell of a benchmark is no backbone of a detector)', command)
        )
    return steps


def _looking_up(genotype: Genotype) -> list[Step]:
    known = benchmarks_of(genotype.space)
    if not known:
        return []
    arch = shlex.quote(get_space(genotype.space).format(genotype))
    command = f'python tools/analysis/query_benchmark.py {known[0]} {arch}'
    return [Step('query', 'Look up the true accuracy, where the table is at hand', command)]
