"""A compiled search network gives the numbers of the plain one while alpha changes."""

import copy
from types import SimpleNamespace

import pytest
import torch
from torch._dynamo.utils import counters

from mmnas_mae.engine import CompileHook, HessianHook
from mmnas_mae.engine.arch_grad import enable_grad
from mmnas_mae.models import MAENAS, NASBench201Supernet


def test_compiled_and_plain_network_agree_while_alpha_changes() -> None:
    plain = MAENAS(
        backbone=dict(type='mmnas_mae.NASBench201Supernet', init_channels=2, cells_per_stage=1),
        neck=dict(type='mmnas_mae.HierarchicalDecoder'),
        head=dict(type='mmnas_mae.MaskedReconstructionHead'),
        mask_generator=dict(type='mmnas_mae.PatchMaskGenerator', patch_size=4, ratio=0.5),
    ).double()
    compiled = copy.deepcopy(plain)
    names = list(plain.state_dict())
    CompileHook(backend='aot_eager').before_train(SimpleNamespace(model=compiled, hooks=[]))
    assert list(compiled.state_dict()) == names
    counters.clear()
    images, mask = torch.randn(2, 3, 16, 16, dtype=torch.float64), torch.zeros(2, 1, 16, 16, dtype=torch.float64)
    mask[:, :, :8] = 1
    for _ in range(3):
        alphas = [torch.randn_like(alpha) for alpha in plain.arch_parameters()]
        results = []
        for model in (plain, compiled):
            for parameter, value in zip(model.arch_parameters(), alphas):
                parameter.data.copy_(value)
            with enable_grad(model.arch_parameters()):
                loss = model.losses(images, mask)['loss']
                parameters = [*model.arch_parameters(), *model.weight_parameters()]
                results.append([loss, *torch.autograd.grad(loss, parameters)])
        for expected, got in zip(*results):
            torch.testing.assert_close(got, expected, rtol=1e-10, atol=1e-12)
    assert counters['stats']['unique_graphs'] == 1
    assert not counters['graph_break']


def test_what_cannot_be_compiled_is_refused() -> None:
    relaxation = dict(type='mmnas_mae.UniformPathRelaxation')
    net = NASBench201Supernet(init_channels=2, cells_per_stage=1, relaxation=relaxation)
    with pytest.raises(ValueError, match='runs every operation; model.backbone.relaxation draws some'):
        CompileHook().before_train(SimpleNamespace(model=SimpleNamespace(backbone=net), hooks=[]))
    net = NASBench201Supernet(init_channels=2, cells_per_stage=1)
    with pytest.raises(ValueError, match='CompileHook and HessianHook exclude each other'):
        CompileHook().before_train(SimpleNamespace(model=SimpleNamespace(backbone=net), hooks=[HessianHook()]))
