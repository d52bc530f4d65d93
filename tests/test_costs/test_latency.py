"""Times of a network whose time is known."""

import time

import pytest
import torch
from torch import nn

from mmnas_mae.costs import measure_speed


@pytest.fixture
def clock(monkeypatch):
    """A clock that moves only when it is told to."""
    now = [0.0]
    monkeypatch.setattr(time, 'perf_counter', lambda: now[0])
    return now


class Worker(nn.Module):
    """Takes 2 ms and 1 ms for each image; the last of the single images, a busy moment, takes 50 ms more."""

    def __init__(self, clock):
        super().__init__()
        self.linear = nn.Linear(1, 1)
        self.clock = clock
        self.seen = []

    def forward(self, x):
        assert not self.training
        assert not torch.is_grad_enabled()
        self.seen.append(len(x))
        self.clock[0] += 0.002 + 0.001 * len(x) + (0.05 if len(self.seen) == 12 else 0.0)
        return x


def test_the_times_are_those_of_the_network(clock):
    model = Worker(clock).train()
    speed = measure_speed(model, (3, 4, 4), batch_size=8, repeats=10, warmup=2)
    assert model.seen == [1] * 12 + [8] * 12
    assert speed.latency_ms == pytest.approx(3)
    # Nine of ten runs keep to it.
    assert speed.latency_p90_ms == pytest.approx(3)
    assert speed.throughput == pytest.approx(8 / 0.010)
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
