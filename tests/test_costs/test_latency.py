"""Times of a network whose time is known."""

import time

import pytest
import torch
from torch import nn

from mmnas_mae.costs import measure_speed


class Sleeper(nn.Module):
    """Takes 2 ms and 1 ms for each image."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(1, 1)
        self.seen = []

    def forward(self, x):
        assert not self.training
        assert not torch.is_grad_enabled()
        self.seen.append(len(x))
        time.sleep(0.002 + 0.001 * len(x))
        return x


def test_the_times_are_those_of_the_network():
    model = Sleeper().train()
    speed = measure_speed(model, (3, 4, 4), batch_size=8, repeats=10, warmup=2)
    assert model.seen == [1] * 12 + [8] * 12
    # Sleeping never takes less; a busy machine may take more.
    assert 3 <= speed.latency_ms < 30
    assert speed.latency_ms <= speed.latency_p90_ms
    assert 8 / 0.1 < speed.throughput <= 8 / 0.010
    assert model.training


def test_the_mode_comes_back_even_after_a_failure():
    model = nn.Conv2d(1, 1, 3).train()
    with pytest.raises(RuntimeError, match='channels'):
        measure_speed(model, (3, 8, 8))
    assert model.training


@pytest.mark.parametrize('name', ['batch_size', 'repeats'])
def test_a_number_below_one_is_refused(name):
    with pytest.raises(ValueError, match=f'{name} must be at least 1, got 0'):
        measure_speed(nn.Identity(), (3, 8, 8), **{name: 0})
