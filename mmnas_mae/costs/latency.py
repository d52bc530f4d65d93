"""Latency and throughput of a network."""

import math
import statistics
import time
from dataclasses import dataclass
from typing import Sequence

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Speed:
    """How fast a network runs in eval mode.

    Args:
        latency_ms: median time of one image alone, in milliseconds.
        latency_p90_ms: the time that nine of ten such runs keep to.
        throughput: images per second in batches, of the median batch.
    """

    latency_ms: float
    latency_p90_ms: float
    throughput: float


def measure_speed(
    model: nn.Module,
    input_shape: tuple[int, int, int],
    batch_size: int = 32,
    repeats: int = 20,
    warmup: int = 3,
    device: str = 'cpu',
    channels_last: bool = False,
) -> Speed:
    """Times a network on random images of ``input_shape`` (C, H, W).

    On a GPU each run is waited for, so that its time is that of the computation. The
    model comes back on the CPU and in the mode it was in.

    Raises:
        ValueError: a number is below 1.
    """
    for name, value in dict(batch_size=batch_size, repeats=repeats).items():
        if value < 1:
            raise ValueError(f'{name} must be at least 1, got {value}')
    layout = torch.channels_last if channels_last else torch.contiguous_format
    was_training = model.training
    model.eval().to(device, memory_format=layout)
    try:
        single, batch = (
            _times(model, torch.rand(size, *input_shape).to(device, memory_format=layout), repeats, warmup)
            for size in (1, batch_size)
        )
    finally:
        model.train(was_training).to('cpu', memory_format=torch.contiguous_format)
    return Speed(
        1e3 * statistics.median(single),
        1e3 * sorted(single)[math.ceil(0.9 * repeats) - 1],
        batch_size / statistics.median(batch),
    )


def measure_latency(
    model: nn.Module, input_shape: Sequence[int], repeats: int = 20, warmup: int = 3, device: str = 'cpu'
) -> float:
    """Least time of one random image of ``input_shape`` (C, H, W) in milliseconds, in the mode that the model is in.

    What else runs on a machine only adds to a time, so that the least of several depends least on it. The model stays
    on ``device``.
    """
    image = torch.rand(1, *input_shape, device=device)
    return 1e3 * min(_times(model.to(device), image, repeats, warmup))


@torch.inference_mode()
def _times(model: nn.Module, images: Tensor, repeats: int, warmup: int) -> list[float]:
    """Seconds of each run."""
    seconds = []
    for _ in range(warmup + repeats):
        _wait(images)
        start = time.perf_counter()
        model(images)
        _wait(images)
        seconds.append(time.perf_counter() - start)
    return seconds[warmup:]


def _wait(images: Tensor) -> None:
    if images.is_cuda:
        torch.cuda.synchronize(images.device)
