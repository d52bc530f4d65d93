"""Which optimizer gets which parameters, and with which settings."""

import pytest

from mmnas_mae.engine import BilevelOptimWrapperConstructor
from mmnas_mae.models import ClassificationSearch


def build(**weights):
    cfg = dict(
        weights=dict(optimizer=dict(type='SGD', lr=0.1, momentum=0.9, weight_decay=4e-5), **weights),
        arch=dict(optimizer=dict(type='Adam', lr=1e-3)),
    )
    backbone = dict(type='mmnas_mae.DARTSSupernet', init_channels=4, layers=3, affine=True)
    model = ClassificationSearch(backbone, dict(type='mmnas_mae.LinearHead', num_classes=10))
    return model, BilevelOptimWrapperConstructor(cfg)(model)


def test_the_weights_may_have_settings_by_parameter():
    """megvii-model/RLNAS decays what has four dimensions: neither normalisations nor the classifier."""
    paramwise = dict(norm_decay_mult=0.0, custom_keys={'head': dict(decay_mult=0.0)})
    model, wrappers = build(paramwise_cfg=paramwise)
    groups = wrappers['weights'].optimizer.param_groups
    decays = {id(p): group['weight_decay'] for group in groups for p in group['params']}
    assert set(decays) == {id(p) for p in model.weight_parameters()}
    assert not set(decays) & {id(p) for p in model.arch_parameters()}
    for name, parameter in model.named_parameters():
        if id(parameter) in decays:
            assert decays[id(parameter)] == (4e-5 if parameter.dim() == 4 else 0.0), name
    assert {group['lr'] for group in groups} == {0.1}
    _, plain = build()
    assert len(plain['weights'].optimizer.param_groups) == 1


def test_settings_of_no_optimizer_are_refused():
    with pytest.raises(ValueError, match=r'use optim_wrapper.weights.paramwise_cfg'):
        BilevelOptimWrapperConstructor(dict(weights={}, arch={}), paramwise_cfg=dict(norm_decay_mult=0.0))
