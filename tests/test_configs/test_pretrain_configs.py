"""Configs of pre-trainings: nothing is searched, and masks are as coarse as the last feature."""

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmnas_mae.models import MAENAS, HierarchicalDecoder
from mmnas_mae.registry import MODELS

IN1K = 'sparse_genotype-l14-c48_8xb128-300e_in1k.py'


@pytest.fixture
def model(repository):
    def build(**backbone):
        cfg = Config.fromfile(repository / 'configs' / 'pretrain' / IN1K)
        cfg.model.backbone.update(backbone)
        init_default_scope('mmpretrain')
        return cfg, MODELS.build(cfg.model)

    return build


def test_on_imagenet_whole_positions_of_every_feature_are_hidden(model):
    cfg, built = model(init_channels=2, layers=3)
    assert isinstance(built, MAENAS)
    assert isinstance(built.neck, HierarchicalDecoder)
    assert (built.masking, built.mask_generator.patch_size, built.backbone.out_strides) == ('sparse', 32, (8, 16, 32))
    assert list(built.arch_parameters()) == []
    mask = built.mask_generator(torch.zeros(2, 3, 224, 224))
    # 30 of 49 patches, 60 % and what is needed to be whole.
    assert mask.sum((1, 2, 3)).tolist() == [30 * 32**2] * 2
    _, visible = built.encode(torch.rand(2, 3, 224, 224), mask)
    for stride in built.backbone.out_strides:
        seen = visible.at(torch.zeros(2, 1, 224 // stride, 224 // stride))
        assert seen.mean() == pytest.approx(19 / 49)


def test_nothing_of_a_search_runs_and_all_images_do(model):
    cfg, _ = model(init_channels=2, layers=3)
    hooks = {name for name, hook in cfg.default_hooks.items() if hook is not None}
    assert not hooks & {'bilevel', 'genotype', 'graphs'}
    assert {'checkpoint', 'random_state', 'reconstruction', 'finite_loss', 'run_record'} <= hooks
    assert cfg.train_dataloader.dataset.parts == [('train', 1.0)]
    assert cfg.optim_wrapper.type == 'OptimWrapper'
