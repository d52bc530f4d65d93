"""One config for each method, supervised and masked: what it builds, one step of it, and that the pairs are pairs."""

import itertools
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from mmengine.config import Config
from mmengine.runner.priority import get_priority
from mmengine.structures import BaseDataElement

from mmnas_mae.engine import BilevelHook, DropPathHook, EarlyStopHook, PerturbationHook
from mmnas_mae.models import (
    AuxiliarySkipMixedOp,
    ConcreteRelaxation,
    GumbelRelaxation,
    PartialMixedOp,
    SearchModel,
    SigmoidRelaxation,
    SkipDropoutMixedOp,
    TopTwoRelaxation,
    UniformPathRelaxation,
)
from mmnas_mae.registry import HOOKS, MODELS, OPTIM_WRAPPER_CONSTRUCTORS

SEARCH = Path(__file__).resolve().parents[2] / 'configs' / 'search'

#: Of each config the part that makes the method: a hook, a relaxation or a connection; None for settings alone,
#: which are tested below.
METHODS = {
    'r-darts-dp_darts-s1_1xb64-50e_cifar10': DropPathHook,
    'r-darts-l2_darts-s1_1xb64-50e_cifar10': None,
    'r-darts-es_darts-s1_1xb64-50e_cifar10': EarlyStopHook,
    'r-darts-ada_darts-s1_1xb64-50e_cifar10': EarlyStopHook,
    'sdarts-rs_darts-s1_1xb64-50e_cifar10': PerturbationHook,
    'sdarts-adv_darts-s1_1xb64-50e_cifar10': PerturbationHook,
    'r-darts-l2_darts-s0_1xb64-50e_cifar10': None,
    'darts-minus_darts-s0_1xb64-50e_cifar10': AuxiliarySkipMixedOp,
    'fairdarts_darts-s0_1xb128-50e_cifar10': SigmoidRelaxation,
    'pcdarts_darts-s0_1xb256-50e_cifar10': PartialMixedOp,
    'pcdarts_darts-s0_8xb128-50e_in1k': PartialMixedOp,
    'pcdarts_darts-s1_1xb64-50e_cifar10': PartialMixedOp,
    'pdarts_darts-s0_1xb96-25e_cifar10': None,
    'pdarts-tricks_darts-s0_1xb96-25e_cifar10': SkipDropoutMixedOp,
    'snas_darts-s0_1xb64-150e_cifar10': ConcreteRelaxation,
    'gdas_nasbench201_1xb64-250e_cifar10': GumbelRelaxation,
    'gdas_darts-s0_1xb256-250e_cifar10': GumbelRelaxation,
    'setn_nasbench201_1xb64-250e_cifar10': UniformPathRelaxation,
    'rsps_nasbench201_1xb64-250e_cifar10': UniformPathRelaxation,
    'rome_darts-s0_1xb64-50e_cifar10': TopTwoRelaxation,
    'darts-2nd_darts-s1_1xb64-50e_cifar10': None,
    'pcdarts_nasbench201_1xb64-50e_cifar10': PartialMixedOp,
    'darts-minus_nasbench201_1xb64-50e_cifar10': AuxiliarySkipMixedOp,
    'snas_nasbench201_1xb64-150e_cifar10': ConcreteRelaxation,
    'sdarts-rs_nasbench201_1xb64-100e_cifar10': PerturbationHook,
}
#: The masked objective alone, with the method X of a name maenas-X.
MASKED = {f'maenas-{name}': part for name, part in METHODS.items() if (SEARCH / f'maenas-{name}.py').exists()}
ALL = {**METHODS, **MASKED}

#: Hooks that act in a step. The others write, measure or save.
STEP_HOOKS = ('bilevel', 'drop_path', 'perturbation', 'auxiliary_skip', 'temperature', 'skip_dropout')


def load(name: str) -> Config:
    return Config.fromfile(SEARCH / f'{name}.py')


def small(cfg: Config) -> SearchModel:
    """The model of a config with few channels and cells."""
    sizes = dict(cells_per_stage=1) if 'NASBench201' in cfg.model.backbone.type else dict(layers=3)
    cfg.model.backbone.update(init_channels=4, **sizes)
    return MODELS.build(cfg.model)


def batch(size: int) -> dict:
    samples = [BaseDataElement(metainfo=dict(sample_idx=i), gt_label=torch.tensor([i])) for i in range(2)]
    return dict(inputs=torch.randn(2, 3, size, size), data_samples=samples)


def moved(before: dict, after: dict) -> set[str]:
    return {name for name in before if not torch.equal(before[name], after[name])}


def parameters(model: SearchModel) -> dict[str, torch.Tensor]:
    return {name: p.detach().clone() for name, p in model.named_parameters()}


def one_step(cfg: Config, size: int) -> tuple[SearchModel, list[dict]]:
    """The parameters at the start, behind the alpha step and behind the weight step of the first epoch with both."""
    model = small(cfg).train()
    wrapper = OPTIM_WRAPPER_CONSTRUCTORS.build(
        dict(type=cfg.optim_wrapper.pop('constructor'), optim_wrapper_cfg=cfg.optim_wrapper)
    )(model)
    hooks = [HOOKS.build(h) for name, h in cfg.default_hooks.items() if name in STEP_HOOKS and h is not None]
    hooks.sort(key=lambda hook: get_priority(hook.priority))
    bilevel = [hook for hook in hooks if isinstance(hook, BilevelHook)]
    for hook in bilevel:
        hook._next_batch = lambda: batch(size)
    runner: Any = SimpleNamespace(
        model=model,
        optim_wrapper=wrapper,
        epoch=max([hook.warmup_epochs for hook in bilevel], default=0),
        max_epochs=cfg.train_cfg.max_epochs,
        message_hub=SimpleNamespace(update_scalar=lambda *args: None),
    )
    data = batch(size)
    states = [parameters(model)]
    for hook in hooks:
        hook.before_train_epoch(runner)
    for hook in hooks:
        hook.before_train_iter(runner, 0, data)
    states.append(parameters(model))
    outputs = model.train_step(data, wrapper)
    for hook in hooks:
        hook.after_train_iter(runner, 0, data, outputs)
    states.append(parameters(model))
    return model, states


@pytest.mark.parametrize('name', ALL)
def test_one_step_moves_alpha_then_the_weights_and_nothing_else(name: str) -> None:
    cfg = load(name)
    model, (start, after_alpha, after_weights) = one_step(cfg, 64 if 'in1k' in name else 8)
    arch = {f'backbone.arch.{key}' for key, _ in model.arch.named_parameters()}
    beta = cfg.model.backbone.get('edge_norm') or 'rome' in name
    assert len(arch) == (2 if 'darts-s' in name else 1) * (2 if beta else 1)
    one_pass = 'snas' in name
    assert moved(start, after_alpha) == (arch if 'rsps' not in name and not one_pass else set())
    weights = moved(after_alpha, after_weights)
    assert weights & arch == (arch if one_pass else set())
    weights -= arch
    drawn = model.arch.sample()[next(iter(model.arch.alphas))].active is not None
    if drawn:
        assert {part.split('.')[0] for part in weights} >= {'backbone', 'neck' if name in MASKED else 'head'}
        assert 'backbone.stem' in {'.'.join(part.split('.')[:2]) for part in weights}
        assert len(weights) < len(start) - len(arch)
    else:  # weight decay alone would move them where the gradient is zero
        assert weights == set(start) - arch
    assert all(p.grad is None for p in model.parameters())
    assert model.arch._held is None
    assert not model.arch.alpha_step


@pytest.mark.parametrize('name', [name for name, part in ALL.items() if part is not None])
def test_the_config_is_made_of_its_part(name: str) -> None:
    cfg = load(name)
    part = ALL[name]
    model = small(cfg)
    cfg.default_hooks.pop('benchmark', None)  # needs the table
    hooks = [HOOKS.build(hook) for hook in cfg.default_hooks.values() if hook and 'mmnas_mae' in hook.type]
    assert any(type(thing) is part for thing in (*model.modules(), *hooks))
    assert model.genotype().space == model.arch.space.name


@pytest.mark.parametrize('name', MASKED)
def test_the_masked_config_differs_in_the_objective_alone(name: str) -> None:
    masked, supervised = load(name), load(name.removeprefix('maenas-'))
    assert (masked.model.type, supervised.model.type) == ('mmnas_mae.MAENAS', 'mmnas_mae.ClassificationSearch')
    assert masked.model.backbone == supervised.model.backbone
    for key in ('optim_wrapper', 'param_scheduler', 'train_cfg', 'default_hooks'):
        assert masked[key] == supervised[key], key
    for key in ('stages', 'find_unused_parameters'):
        assert masked.get(key) == supervised.get(key), key

    def without_labels(loader: dict) -> str:
        return re.sub(", 'with_label': (True|False)", '', str(loader))

    for key in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        assert without_labels(masked[key]) == without_labels(supervised[key])
        assert "'with_label': True" in str(supervised[key])
        assert "'with_label': True" not in str(masked[key])


def test_the_pairs_that_the_paper_combines_exist() -> None:
    gradient_based = {name.split('_')[0] for name in METHODS} - {'pdarts-tricks'}
    assert {name.split('_')[0].removeprefix('maenas-') for name in MASKED} == gradient_based


@pytest.mark.parametrize('name', ALL)
def test_the_name_of_the_config_says_its_batch_size_and_epochs(name: str) -> None:
    batch_size, epochs = re.search(r'xb(\d+)-(\d+)e_', name).groups()
    cfg = load(name)
    assert cfg.train_dataloader.batch_size == int(batch_size)
    assert cfg.train_cfg.max_epochs == int(epochs)
    assert max(s.get('end', 0) for s in cfg.param_scheduler.weights) == int(epochs)


@pytest.mark.parametrize(
    'name, settings',
    [
        ('r-darts-dp_', {'default_hooks.bilevel.order': 2, 'default_hooks.drop_path.reach_end': True}),
        ('r-darts-l2_', {'default_hooks.bilevel.order': 2, 'optim_wrapper.weights.optimizer.weight_decay': 9 * 3e-4}),
        ('r-darts-es_', {'default_hooks.hessian.interval': 2, 'default_hooks.early_stop.mode': 'stop'}),
        ('r-darts-ada_', {'default_hooks.early_stop.mode': 'adapt', 'default_hooks.early_stop.multiplier': 10.0}),
        ('r-darts-ada_', {'default_hooks.checkpoint.max_keep_ckpts': -1}),
        ('sdarts-adv_', {'default_hooks.bilevel.order': 1, 'default_hooks.perturbation.steps': 7}),
        ('fairdarts', {'model.backbone.derivation': dict(threshold=0.85), 'optim_wrapper.arch.optimizer.lr': 3e-3}),
        ('pcdarts_darts-s0_1x', {'default_hooks.bilevel.warmup_epochs': 15, 'model.backbone.connection.portion': 4}),
        ('pcdarts_darts-s0_8x', {'default_hooks.bilevel.warmup_epochs': 35, 'model.backbone.connection.portion': 2}),
        ('pcdarts_darts-s1_', {'default_hooks.bilevel.warmup_epochs': None, 'model.backbone.connection.portion': 4}),
        ('pdarts_', {'default_hooks.bilevel.warmup_epochs': 10, 'optim_wrapper.arch.optimizer.lr': 6e-4}),
        ('gdas_nasbench201', {'default_hooks.temperature.end': 0.1, 'optim_wrapper.weights.optimizer.nesterov': True}),
        ('setn', {'optim_wrapper.weights.clip_grad': None, 'model.backbone.relaxation.joint': True}),
        ('rsps', {'optim_wrapper.weights.clip_grad.max_norm': 5, 'default_hooks.bilevel': None}),
    ],
)
def test_published_settings(name: str, settings: dict) -> None:
    configs = [full for full in METHODS if full.startswith(name)]
    assert configs
    for full, (key, expected) in itertools.product(configs, settings.items()):
        value = load(full)
        for part in key.split('.'):
            value = value.get(part)
        assert value == pytest.approx(expected) if isinstance(expected, float) else value == expected, (full, key)


def test_p_darts_has_three_stages_of_5_11_and_17_layers() -> None:
    for name, dropout in (('pdarts', None), ('maenas-pdarts', None), ('pdarts-tricks', (0.1, 0.4, 0.7))):
        cfg = load(f'{name}_darts-s0_1xb96-25e_cifar10')
        assert [stage.cfg.model.backbone.layers for stage in cfg.stages] == [5, 11, 17]
        assert [stage.get('keep') for stage in cfg.stages] == [5, 3, None]
        if dropout:
            assert tuple(stage.cfg.default_hooks.skip_dropout.prob for stage in cfg.stages) == dropout
            assert cfg.model.backbone.derivation == dict(max_skips=2)
        else:
            assert 'derivation' not in cfg.model.backbone
            assert 'skip_dropout' not in cfg.default_hooks


@pytest.mark.parametrize('path', sorted(SEARCH.glob('*.py')), ids=lambda path: path.stem)
def test_every_search_builds_and_is_named_after_what_it_does(path: Path) -> None:
    method, space, schedule, data = path.stem.split('_')
    devices, batch_size, epochs = re.fullmatch(r'(\d+)xb(\d+)-(\d+)e', schedule).groups()
    cfg = Config.fromfile(path)
    assert (cfg.train_dataloader.batch_size, cfg.train_cfg.max_epochs) == (int(batch_size), int(epochs))
    assert (cfg.model.type == 'mmnas_mae.MAENAS') == method.startswith('maenas')
    assert cfg.model.backbone.space.startswith(space.replace('-', '_'))
    assert ('data/imagenet' in str(cfg.train_dataloader.dataset)) == (data == 'in1k')
    # What a config of your own images leaves open is read from them.
    kinds = () if 'own_images' in cfg else ('DARTSSupernet', 'NASBench201')
    if any(kind in cfg.model.backbone.type for kind in kinds):
        model = small(cfg)
        assert model.arch.space.name == cfg.model.backbone.space
        assert cfg.optim_wrapper.weights.optimizer.type == 'SGD'
