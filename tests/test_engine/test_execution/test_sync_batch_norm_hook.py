"""Normalisation by the statistics of the global batch."""

import copy
import os
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from mmengine.config import Config
from torch import nn
from two_ranks import on_two_ranks

from mmnas_mae.apis import build_runner
from mmnas_mae.engine import first_order
from mmnas_mae.engine.execution.sync_batch_norm_hook import synchronize_norms
from mmnas_mae.models import MaskedBatchNorm2d
from mmnas_mae.registry import MODELS

#: Images of each rank; unequal, so that a mean of means would be wrong.
SHARES = (3, 5)


def model_cfg(masking: str) -> dict:
    return dict(
        type='mmnas_mae.MAENAS',
        backbone=dict(type='mmnas_mae.DARTSSupernet', init_channels=2, layers=3),
        neck=dict(type='mmnas_mae.HierarchicalDecoder'),
        head=dict(type='mmnas_mae.MaskedReconstructionHead'),
        mask_generator=dict(type='mmnas_mae.PatchMaskGenerator', patch_size=4, ratio=0.5),
        masking=masking,
    )


def gradients(model: nn.Module, images: torch.Tensor, mask: torch.Tensor) -> tuple[list, list, list]:
    """Features, gradients of the weights and of alpha; the loss is a sum over images."""

    def loss() -> torch.Tensor:
        return (model.reconstruct(images, mask) - images).abs().sum() / 1000

    features, _ = model.encode(images, mask)
    weights = model.weight_parameters()
    grads = torch.autograd.grad(loss(), weights, allow_unused=True)
    grads = [torch.zeros_like(w) if g is None else g for w, g in zip(weights, grads)]
    return [f.detach() for f in features], grads, first_order(loss, model.arch_parameters())[0]


def worker(rank: int, states: dict, batch: tuple, folder: str) -> None:
    dist.init_process_group('gloo')
    images, mask = (tensor.split(SHARES)[rank] for tensor in batch)
    results = {}
    for masking, state in states.items():
        model = MODELS.build(model_cfg(masking)).double().train()
        model.load_state_dict(state)
        synchronize_norms(model)
        features, *grads = gradients(model, images, mask)
        for grad in sum(grads, []):
            dist.all_reduce(grad)
        results[masking] = dict(features=features, grads=grads, state=model.state_dict())
    torch.save(results, os.path.join(folder, f'{rank}.pt'))


def test_two_ranks_equal_one_process_with_the_global_batch(tmp_path: Path) -> None:
    models = {masking: MODELS.build(model_cfg(masking)).double().train() for masking in ('input', 'sparse')}
    states = {masking: copy.deepcopy(model.state_dict()) for masking, model in models.items()}
    images = torch.randn(sum(SHARES), 3, 8, 8, dtype=torch.float64)
    mask = models['input'].mask_generator(images)
    on_two_ranks(worker, states, (images, mask), str(tmp_path))
    ranks = [torch.load(tmp_path / f'{rank}.pt') for rank in (0, 1)]
    for masking, model in models.items():
        features, *grads = gradients(model, images, mask)
        for i, feature in enumerate(features):
            parts = torch.cat([rank[masking]['features'][i] for rank in ranks])
            torch.testing.assert_close(parts, feature, rtol=1e-9, atol=1e-9)
        for rank in ranks:
            for ours, expected in zip(sum(rank[masking]['grads'], []), sum(grads, [])):
                torch.testing.assert_close(ours, expected, rtol=1e-8, atol=1e-9)
            for name, value in model.state_dict().items():
                torch.testing.assert_close(rank[masking]['state'][name], value, rtol=1e-9, atol=1e-9, msg=name)
        name = 'backbone.stem.1.running_var'
        assert not torch.equal(model.state_dict()[name], states[masking][name])


def test_setting_of_mmengine_switches_it_on(search_cfg: Config) -> None:
    search_cfg.sync_bn = 'torch'
    runner = build_runner(search_cfg)
    runner.call_hook('before_run')
    norms = [m for m in runner.model.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    assert norms
    assert all(type(norm) is MaskedBatchNorm2d and norm.sync for norm in norms)


def test_plain_normalisations_keep_their_parameters_and_others_are_refused() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4))
    before = dict(model.named_parameters())
    x = torch.randn(2, 3, 4, 4)
    expected = copy.deepcopy(model)(x)
    synchronize_norms(model)
    assert isinstance(model[1], MaskedBatchNorm2d)
    assert all(value is before[name] for name, value in model.named_parameters())
    assert torch.equal(model(x), expected)
    with pytest.raises(TypeError, match='BatchNorm1d'):
        synchronize_norms(nn.Sequential(nn.BatchNorm1d(4)))
