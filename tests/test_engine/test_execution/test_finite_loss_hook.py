"""A loss of NaN ends a run in its step."""

import pytest
import torch
from mmengine.registry import HOOKS

from mmnas_mae.engine import FiniteLossHook


def test_a_search_whose_weights_explode_ends_before_its_next_checkpoint(search_cfg, run_search, tmp_path):
    search_cfg.default_hooks.finite_loss = dict(type='mmnas_mae.FiniteLossHook')
    search_cfg.optim_wrapper.weights.optimizer.lr = 1e30
    search_cfg.optim_wrapper.weights.clip_grad = None
    with pytest.raises(
        RuntimeError, match=r'loss is (nan|inf) in epoch 1, step \d+, so the run ends; lower the learning'
    ):
        run_search(search_cfg)
    assert not list(tmp_path.glob('search/*.pth'))


@pytest.mark.parametrize('value', [float('nan'), float('inf'), torch.tensor(float('nan'))])
def test_any_loss_counts(value):
    class Run:
        epoch, iter = 8, 99

    hook = HOOKS.build(dict(type='mmnas_mae.FiniteLossHook'))
    assert isinstance(hook, FiniteLossHook)
    hook.after_train_iter(Run, 0, outputs=dict(loss=torch.tensor(1.0, requires_grad=True), grad_norm=float('nan')))
    with pytest.raises(RuntimeError, match='loss_bbox is (nan|inf) in epoch 9, step 100'):
        hook.after_train_iter(Run, 0, outputs=dict(loss=1.0, loss_bbox=value))
