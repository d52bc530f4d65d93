"""What only a GPU can show: graphs, kernels and a whole run. Passed over elsewhere."""

import copy
import json
from pathlib import Path
from typing import Callable

import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner
from search_models import masked_search

from mmnas_mae.costs import Budget
from mmnas_mae.costs.search_budget import SearchBudget
from mmnas_mae.engine import HessianHook
from mmnas_mae.engine.execution.captured_losses import CapturedLosses, CUDAGraphs
from mmnas_mae.models.layers.masked_norm import fuse_norms

pytestmark = pytest.mark.gpu

NETWORKS = {
    'nasbench201': dict(type='mmnas_mae.NASBench201Supernet', init_channels=8, cells_per_stage=1),
    's0': dict(type='mmnas_mae.DARTSSupernet', init_channels=8, layers=3),
    'partial': dict(
        type='mmnas_mae.DARTSSupernet',
        init_channels=8,
        layers=3,
        connection=dict(type='mmnas_mae.PartialMixedOp', portion=4),
        edge_norm=True,
    ),
    'concrete': dict(
        type='mmnas_mae.NASBench201Supernet',
        init_channels=8,
        cells_per_stage=1,
        relaxation=dict(type='mmnas_mae.ConcreteRelaxation'),
    ),
}


def test_a_recording_follows_the_multipliers_of_a_budget() -> None:
    plain = masked_search(NETWORKS['nasbench201']).cuda()
    captured = copy.deepcopy(plain)
    captured.execution = CapturedLosses(CUDAGraphs())
    limits = []
    for model in (plain, captured):
        model.arch.limit = SearchBudget(Budget(macs=40e6, at=dict(init_channels=16, cells_per_stage=5)), model)
        limits.append(model.arch.limit)
    losses = []
    for multiplier in (0.0, 1.0, 100.0):
        images = torch.randn(16, 3, 32, 32, device='cuda')
        for limit, model in zip(limits, (plain, captured)):
            limit.load_state_dict(dict(multipliers=dict(macs=multiplier), exceeded=dict(macs=True)))
            torch.cuda.manual_seed(0)
            losses.append(float(model.step_loss(model.prepare_batch(images)).detach()))
        assert losses[-1] == pytest.approx(losses[-2], rel=1e-4)
    assert losses[-1] > 10 * losses[0]


@pytest.mark.parametrize('masking', ['input', 'sparse'])
@pytest.mark.parametrize('name', list(NETWORKS))
def test_captured_losses_and_gradients_are_the_ordinary_ones(name: str, masking: str) -> None:
    plain = masked_search(NETWORKS[name], masking=masking).cuda()
    captured = copy.deepcopy(plain)
    assert fuse_norms(captured)
    captured.execution = CapturedLosses(CUDAGraphs())
    for step in range(3):
        images, results = torch.randn(16, 3, 32, 32, device='cuda'), []
        for model in (plain, captured):
            torch.cuda.manual_seed(step)
            loss = model.step_loss(model.prepare_batch(images))
            results.append([loss, *torch.autograd.grad(loss, model.weight_parameters(), allow_unused=True)])
        whole = torch.cat([x.flatten() for x in results[0][1:] if x is not None]).norm()
        for ordinary, replayed in zip(*results):
            assert (ordinary is None) == (replayed is None)
            if ordinary is not None:
                # TF32 has three digits.
                assert float((ordinary - replayed).norm()) < 5e-3 * float(whole)
        assert float(results[0][0]) == pytest.approx(float(results[1][0]), rel=1e-3)
    assert len(captured.execution._recordings) == 1


def test_a_search_runs_captured_and_measures_its_curvature(
    search_cfg: Config, run_search: Callable[[Config], Runner]
) -> None:
    search_cfg.custom_hooks = [dict(type=HessianHook, interval=1, steps=2)]
    search_cfg.log_level = 'INFO'
    runner = run_search(search_cfg)
    assert 'steps are captured as CUDA graphs' in Path(runner.log_dir, f'{runner.timestamp}.log').read_text()
    genotype = json.loads(Path(search_cfg.work_dir, 'genotype.json').read_text())
    assert genotype['meta']['epoch'] == 2
    losses = runner.message_hub.get_scalar('train/loss').data[0]
    assert len(losses) == runner.iter
    assert all(0 < loss < 5 for loss in losses)
