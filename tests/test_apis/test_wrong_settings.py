"""What is wrong with the settings of a training is said before it, on one line that names the setting."""

from typing import Any

import pytest
from mmengine.config import Config

from mmnas_mae.apis.launch import run_training
from mmnas_mae.engine import GenotypeHook
from mmnas_mae.utils.config import read_config
from mmnas_mae.utils.errors import SetupError

NAN = float('nan')


def relaxation(name: str, **settings: Any) -> dict:
    return {'model.backbone.relaxation': dict(type=f'mmnas_mae.{name}', **settings)}


def hook(name: str, **settings: Any) -> dict:
    return {'custom_hooks': [dict(type=f'mmnas_mae.{name}', **settings)]}


#: Options, and what the message says.
CASES = [
    # names
    ({'epochs': 100}, 'option epochs: there is no such setting; did you mean train_cfg.max_epochs'),
    ({'max_epochs': 3}, 'option max_epochs: there is no such setting; did you mean train_cfg.max_epochs'),
    ({'lr': 0.1}, 'did you mean optim_wrapper.arch.optimizer.lr or optim_wrapper.weights.optimizer.lr?'),
    ({'seed': 3}, 'option seed: there is no such setting; did you mean randomness.seed?'),
    ({'optim_wraper': dict()}, 'option optim_wraper: there is no such setting; did you mean optim_wrapper'),
    ({'train_dataloder.batch_size': 3}, 'there is no such setting; did you mean train_dataloader'),
    ({'model.backbone.init_chanels': 4}, 'no setting model.backbone.init_chanels; did you mean init_channels'),
    ({'model.neck.width': 0}, 'there is no setting model.neck.width; there are: channels, in_channels'),
    ({'model.backbone.derivation': dict(maxskips=1)}, 'no setting derivation.maxskips; did you mean max_skips?'),
    ({'train_cfg.max_epoch': 10}, 'there is no setting train_cfg.max_epoch; did you mean max_epochs'),
    ({'default_hooks.bilevel.warmup': 1}, 'no setting default_hooks.bilevel.warmup; did you mean warmup_epochs?'),
    ({'default_hooks.genotype.threshold': 3}, 'there is no setting default_hooks.genotype.threshold; there are:'),
    ({'optim_wrapper.weights.clip_grad.maxnorm': 1}, 'clip_grad.maxnorm; did you mean max_norm?'),
    ({'optim_wrapper.arch.optimizer.lrr': 0.9}, 'optim_wrapper.arch.optimizer.lrr; did you mean lr?'),
    ({'optim_wrapper.arc': dict()}, "optim_wrapper needs weights and arch, got ['arc', 'arch', 'weights']"),
    (
        {'param_scheduler.weight': []},
        "with schedules for each of ['weights', 'arch'], got ['weights', 'arch', 'weight']",
    ),
    ({'param_scheduler.weights.0.etamin': 1}, 'param_scheduler.weights.0.etamin; did you mean eta_min'),
    ({'train_dataloader.batchsize': 4}, 'there is no setting train_dataloader.batchsize; did you mean batch_size?'),
    ({'train_dataloader.dataset.shufle': True}, 'train_dataloader.dataset.shufle; did you mean shuffle?'),
    ({'train_dataloader.sampler.shufle': True}, 'train_dataloader.sampler.shufle; did you mean shuffle?'),
    ({'randomness.sed': 1}, 'there is no setting randomness.sed; did you mean seed?'),
    (hook('ReconstructionVisHook', num=0), 'there is no setting custom_hooks.0.num; there are: interval, num_images'),
    # types
    (
        {'model.type': 'mmnas_mae.MAENASS'},
        "model.type='mmnas_mae.MAENASS' is not registered; did you mean mmnas_mae.MAENAS",
    ),
    ({'model.type': 'MAENASS'}, "model.type='MAENASS' is not registered; did you mean mmnas_mae.MAENAS"),
    ({'model.neck.type': 'mmnas_mae.HierarchicDecoder'}, 'did you mean mmnas_mae.HierarchicalDecoder'),
    ({'model.neck.type': 'HierarchicalDecoder'}, 'is not registered; did you mean mmnas_mae.HierarchicalDecoder?'),
    ({'model.head.target': dict(type='mmnas_mae.PatchNorm')}, 'did you mean mmnas_mae.PatchNormTarget'),
    (relaxation('SoftmaxRelaxatoin'), 'did you mean mmnas_mae.SoftmaxRelaxation'),
    ({'default_hooks.bilevel.type': 'mmnas_mae.BilevlHook'}, 'did you mean mmnas_mae.BilevelHook'),
    (hook('DropPatHook', prob=0.2), "custom_hooks.0.type='mmnas_mae.DropPatHook' is not registered; did you mean"),
    ({'optim_wrapper.constructor': 'mmnas_mae.BilevelConstructor'}, 'mmnas_mae.BilevelOptimWrapperConstructor'),
    ({'optim_wrapper.arch.optimizer.type': 'Adamm'}, "optimizer.type='Adamm' is not registered; did you mean Adam"),
    ({'optim_wrapper.weights.type': 'OptimWraper'}, 'is not registered; did you mean OptimWrapper'),
    ({'param_scheduler.weights': [dict(type='CosineAnnealingLr')]}, 'did you mean CosineAnnealingLR'),
    ({'param_scheduler.weights': [dict(type='NoSuchLR')]}, "weights.0.type='NoSuchLR' is not registered; there are:"),
    ({'train_dataloader.dataset.type': 'mmnas_mae.SearchSplitt'}, 'did you mean mmnas_mae.SearchSplit'),
    ({'train_dataloader.dataset.dataset.type': 'mmnas_mae.PhotoCrop'}, 'did you mean mmnas_mae.PhotoCrops'),
    ({'train_dataloader.dataset.dataset.pipeline': [dict(type='RandomFlipp')]}, 'did you mean RandomFlip'),
    ({'train_dataloader.sampler.type': 'DefaultSamplr'}, 'did you mean DefaultSampler'),
    ({'val_evaluator.type': 'mmnas_mae.ReconstructionMetrc'}, 'did you mean mmnas_mae.ReconstructionMetric'),
    (
        hook('DiscreteSearchHook', search=dict(type='mmnas_mae.RandomSearc'), scorer=dict()),
        "search.type='mmnas_mae.RandomSearc' is not registered; did you mean mmnas_mae.RandomSearch",
    ),
    ({'model.backbone.space': 's9'}, "unknown search space 's9'; there are:"),
    ({'default_hooks.nothing': dict()}, 'default_hooks.nothing.type must name a hook, got {}'),
    ({'default_scope': 'mmpretrainn'}, "such as mmpretrain or mmdet, got 'mmpretrainn'"),
    ({'custom_imports': dict(imports='no_such_module')}, 'custom_imports: Failed to import no_such_module'),
    # kinds
    ({'model.backbone.init_channels': 'x'}, "model.backbone.init_channels must be a whole number, got 'x'"),
    ({'model.backbone.init_channels': 2.5}, 'model.backbone.init_channels must be a whole number, got 2.5'),
    ({'model.backbone.layers': 'x'}, 'must be a whole number or a list, each a whole number, got'),
    ({'model.backbone.space': 7}, 'model.backbone.space must be a text or a dict, got 7'),
    ({'model.backbone.affine': 'yes'}, "model.backbone.affine must be True or False, got 'yes'"),
    ({'model.mask_generator.ratio': 'a'}, "model.mask_generator.ratio must be a number, got 'a'"),
    ({'model.mask_generator.ratio': NAN}, 'model.mask_generator.ratio must be a number, got nan'),
    ({'model.mask_generator.patch_size': 2.5}, 'model.mask_generator.patch_size must be a whole number, got 2.5'),
    ({'model.mask_generator.seed': 'x'}, "model.mask_generator.seed must be a whole number, got 'x'"),
    ({'model.feature_norm': 'no'}, "model.feature_norm must be True or False, got 'no'"),
    ({'default_hooks.bilevel.single_level': 'x'}, "default_hooks.bilevel.single_level must be True or False, got 'x'"),
    (hook('DropPathHook', prob='x'), "custom_hooks.0.prob must be a number, got 'x'"),
    ({'train_dataloader.dataset.seed': 'x'}, "train_dataloader.dataset.seed must be a whole number, got 'x'"),
    (
        {'train_dataloader.dataset.dataset.size': 'x'},
        'train_dataloader.dataset.dataset.size must be a whole number, got',
    ),
    (
        {'train_dataloader.dataset.parts': [('weights', NAN), ('arch', 0.1)]},
        'dataset.parts.0.1 must be a number, got nan',
    ),
    ({'train_dataloader.dataset.parts': [('weights', 'x'), ('arch', 0.9)]}, 'must be a list of names and shares'),
    ({'train_dataloader.dataset.parts': dict(weights=0.1)}, 'options train_dataloader.dataset.parts: list indices'),
    ({'optim_wrapper.arch.optimizer.lr': 'x'}, "arch.optimizer.lr must be a number above 0, got 'x'"),
    ({'optim_wrapper.arch.optimizer.lr': NAN}, 'optim_wrapper.arch.optimizer.lr must be a number, got nan'),
    ({'optim_wrapper.arch.optimizer.betas': 0.9}, 'betas must be a list, each a number, got 0.9'),
    (
        {'param_scheduler': [dict(type='CosineAnnealingLR', end=2)]},
        "must be a dict with schedules for each of ['weights'",
    ),
    ({'data_preprocessor.mean': 'x'}, "data_preprocessor.mean must be a list, each a number, got 'x'"),
    ({'randomness.seed': 'x'}, "randomness.seed must be a whole number of at least 0, got 'x'"),
    ({'resume': 'maybe'}, "resume must be True or False, got 'maybe'"),
    ({'work_dir': 3}, 'work_dir must be a text, got 3'),
    ({'log_level': 'LOUD'}, "log_level must be ERROR, WARNING, INFO or DEBUG, got 'LOUD'"),
    ({'load_from': 'no/such.pth'}, 'no/such.pth'),
    ({'launcher': 'x'}, 'launcher'),
    # numbers
    ({'model.backbone.init_channels': 0}, 'init_channels must be a whole number of at least 1, got 0'),
    ({'model.backbone.init_channels': -1}, 'init_channels must be a whole number of at least 1, got -1'),
    ({'model.backbone.stem_channels': 0}, 'stem_channels must be a whole number of at least 1, got 0'),
    ({'model.backbone.in_channels': 0}, 'in_channels must be a whole number of at least 1, got 0'),
    ({'model.backbone.in_channels': 4}, 'model.backbone.in_channels is 4, the images have 3 channels'),
    ({'model.backbone.layers': 2}, 'layers must be at least 3 (one cell for each stage), got 2'),
    ({'model.backbone.strides': [1, 3, 2]}, 'strides must be 1 or 2 for each stage, got (1, 3, 2)'),
    ({'model.backbone.stem': 'resnet'}, "stem must be one of ('cifar', 'imagenet'), or the config of a module"),
    ({'model.backbone.derivation': dict(threshold=3.0)}, 'derivation.threshold leaves nodes with fewer edges'),
    (
        {'model.backbone.derivation': dict(max_skips=-1)},
        'derivation.max_skips must be a whole number of at least 0, got',
    ),
    ({'model.backbone.connection': dict(type='mmnas_mae.PartialMixedOp', portion=3)}, 'connection.portion must divide'),
    (relaxation('SoftmaxRelaxation', tau=0), 'relaxation.tau must be a number above 0, got 0'),
    (relaxation('SoftmaxRelaxation', init_std=-1.0), 'relaxation.init_std must be a number of at least 0, got -1.0'),
    (relaxation('GumbelRelaxation', samples=0), 'relaxation.samples must be a whole number of at least 1, got 0'),
    (relaxation('GumbelRelaxation', undrawn='x'), "relaxation.undrawn must be one of ('dropped', 'constant'), got 'x'"),
    (relaxation('TopTwoRelaxation', edges=0), 'relaxation.edges must be a whole number of at least 1, got 0'),
    (relaxation('UniformPathRelaxation', edges=0), 'relaxation.edges must be at least 1 or None, got 0'),
    (
        relaxation('SigmoidRelaxation', regularizer=dict(type='mmnas_mae.ZeroOneLoss', weight=-1.0)),
        'ZeroOneLoss.weight must be a number of at least 0, got -1.0',
    ),
    ({'model.mask_generator.ratio': 0.0}, 'mask_generator.ratio must be a number above 0 and below 1, got 0.0'),
    ({'model.mask_generator.ratio': 0.999}, 'mask_generator.ratio 0.999 masks all 16 patches of a 16x16 image'),
    ({'model.mask_generator.patch_size': 0}, 'mask_generator.patch_size must be a whole number of at least 1, got 0'),
    ({'model.mask_generator.patch_size': 3}, 'must be multiples of 12, such as 12 or 24'),
    ({'train_dataloader.dataset.dataset.size': 15}, 'must be multiples of 4, such as 12 or 16'),
    ({'model.masking': 'sparsee'}, "masking must be one of ('input', 'sparse'), got 'sparsee'"),
    ({'model.masks': 0}, 'masks must be a whole number of at least 1, got 0'),
    (
        {'model.neck.in_channels': [8, 16]},
        'model.neck.in_channels follows from the rest of the model, [8, 16, 32], got',
    ),
    ({'model.neck.in_strides': [1, 2, 8]}, 'model.neck.in_strides follows from the rest of the model, [1, 2, 4], got'),
    ({'model.neck.out_channels': 5}, 'model.neck.out_channels follows from the rest of the model, 3, got 5'),
    ({'model.neck.channels': 0}, 'neck.channels must be a whole number of at least 1, got 0'),
    ({'model.head.patch_size': 3}, 'model.head.patch_size follows from the rest of the model, 4, got 3'),
    ({'train_cfg.max_epochs': 0}, 'train_cfg.max_epochs must be a whole number of at least 1, got 0'),
    ({'train_cfg.max_epochs': -1}, 'train_cfg.max_epochs must be a whole number of at least 1, got -1'),
    ({'train_cfg.val_interval': 0}, 'train_cfg.val_interval must be a whole number of at least 1, got 0'),
    ({'default_hooks.bilevel.order': 3}, 'BilevelHook.order must be 1 or 2, got 3'),
    ({'default_hooks.bilevel.radius': 0.0}, 'BilevelHook.radius must be a number above 0, got 0.0'),
    (
        {'default_hooks.bilevel.warmup_epochs': -1},
        'BilevelHook.warmup_epochs must be a whole number of at least 0, got',
    ),
    (
        {'default_hooks.bilevel.warmup_epochs': 2},
        'warmup_epochs must be below train_cfg.max_epochs, 2, for alpha to move',
    ),
    ({'default_hooks.bilevel.one_pass': True}, 'BilevelHook.one_pass needs single_level=True and order=1'),
    (
        {'default_hooks.checkpoint.interval': 0},
        'checkpoint.interval must be a whole number of at least 1, or -1 for never',
    ),
    ({'default_hooks.checkpoint.max_keep_ckpts': 0}, 'or -1 for never, got 0'),
    ({'default_hooks.logger.interval': 0}, 'default_hooks.logger.interval must be a whole number of at least 1, got 0'),
    ({'optim_wrapper.arch.optimizer.lr': 0}, 'optim_wrapper.arch.optimizer.lr must be a number above 0, got 0'),
    ({'optim_wrapper.weights.optimizer.lr': -1.0}, 'weights.optimizer.lr must be a number above 0, got -1.0'),
    ({'optim_wrapper.weights.optimizer.momentum': 1.5}, 'momentum must be a number of at least 0 and below 1, got 1.5'),
    ({'optim_wrapper.weights.optimizer.weight_decay': -1}, 'weight_decay must be a number of at least 0, got -1'),
    ({'optim_wrapper.weights.clip_grad.max_norm': -5}, 'clip_grad.max_norm must be a number above 0, got -5'),
    ({'optim_wrapper.weights.clip_grad.type': 'nrm'}, 'type of clip_grad should be "norm" or "value" but got nrm'),
    (
        {'optim_wrapper.weights.accumulative_counts': 0},
        'accumulative_counts must be a whole number of at least 1, got 0',
    ),
    ({'optim_wrapper.arch.optimizer.betas': [1.5, 0.9]}, 'betas.0 must be a number of at least 0 and below 1, got 1.5'),
    ({'param_scheduler.weights.0.end': 0}, 'param_scheduler.weights.0.end must be a whole number of at least 1, got 0'),
    ({'param_scheduler.weights.0.eta_min': -1}, 'weights.0.eta_min must be a number of at least 0, got -1'),
    ({'train_dataloader.batch_size': 0}, 'train_dataloader.batch_size must be a whole number of at least 1, got 0'),
    ({'train_dataloader.num_workers': -1}, 'train_dataloader.num_workers must be a whole number of at least 0, got -1'),
    ({'val_dataloader.batch_size': 0}, 'val_dataloader.batch_size must be a whole number of at least 1, got 0'),
    (
        {'train_dataloader.dataset.parts': [('weights', 0.9), ('arch', 0.9)]},
        'shares above 0 that sum to at most 1, got',
    ),
    ({'train_dataloader.dataset.parts': [('weights', 0.5)]}, "SearchSplit.part must be one of weights, got 'arch'"),
    ({'train_dataloader.dataset.part': 'train'}, "SearchSplit.part must be one of weights, arch, got 'train'"),
    ({'data_preprocessor.std': [0.0, 0.0, 0.0]}, 'data_preprocessor.std.0 must be a number above 0, got 0.0'),
    ({'randomness.seed': -1}, 'randomness.seed must be a whole number of at least 0, got -1'),
    ({'auto_scale_lr.base_batch_size': 0}, 'auto_scale_lr.base_batch_size must be a whole number of at least 1, got 0'),
    (hook('DropPathHook', prob=1.5), 'DropPathHook.prob must lie in [0, 1), got 1.5'),
    (hook('TemperatureHook', start=0.0, end=1.0), 'TemperatureHook.start and end must be positive, got 0.0 and 1.0'),
    (hook('TemperatureHook', start=1.0, end=0.1), 'TemperatureHook needs a relaxation with a temperature'),
    (hook('PerturbationHook', mode='x'), "PerturbationHook.mode must be one of ('random', 'adversarial'), got 'x'"),
    (
        hook('PerturbationHook', mode='adversarial', steps=0),
        'PerturbationHook.steps must be a whole number of at least 1',
    ),
    (hook('HessianHook', interval=0), 'HessianHook.interval must be a whole number of at least 1, got 0'),
    (hook('EarlyStopHook', mode='x'), "EarlyStopHook.mode must be one of ('stop', 'simulate', 'adapt'), got 'x'"),
    (hook('EarlyStopHook'), 'EarlyStopHook acts on eigenvalues; add mmnas_mae.HessianHook to default_hooks'),
    (hook('SkipDropoutHook', prob=2.0), 'SkipDropoutHook.prob must lie in [0, 1), got 2.0'),
    (
        hook('ReconstructionVisHook', interval=0),
        'ReconstructionVisHook.interval must be a whole number of at least 1, got',
    ),
    (hook('BenchmarkHook', benchmark='nb'), "unknown benchmark 'nb'; there are: nasbench101, nasbench201"),
    (
        hook('DiscreteSearchHook', search=dict(type='mmnas_mae.RandomSearch', budget=0), scorer=dict()),
        'RandomSearch.budget must be a whole number of at least 1, got 0',
    ),
]


def test_there_are_more_than_ninety_settings() -> None:
    assert len(CASES) > 90


@pytest.mark.parametrize('options, words', CASES, ids=[str(options) for options, _ in CASES])
def test_it_is_one_line_before_the_first_step(search_cfg: Config, options: dict, words: str) -> None:
    with pytest.raises((ValueError, ModuleNotFoundError)) as caught:
        run_training(read_config(search_cfg, options))
    assert words in str(caught.value)
    assert '\n' not in str(caught.value)
    assert len(str(caught.value)) < 700
    if isinstance(caught.value, SetupError):
        assert caught.value.__cause__ is not None  # for --traceback


def test_a_misspelt_name_in_a_file_is_no_variable(search_cfg: Config) -> None:
    search_cfg.optim_wraper = dict()
    with pytest.raises(SetupError, match="there is no setting 'optim_wraper'; did you mean optim_wrapper?"):
        run_training(search_cfg)


def test_an_error_after_the_first_step_keeps_its_class(search_cfg: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    class Fault(ZeroDivisionError):
        pass

    def fail(self: GenotypeHook, runner: object) -> None:
        raise Fault

    monkeypatch.setattr(GenotypeHook, 'after_train_epoch', fail)
    with pytest.raises(Fault):
        run_training(search_cfg)
