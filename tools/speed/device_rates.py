"""What a device can do at most, and what a piece of code asks of it."""

import ctypes
import gc
import math
import os
import statistics
import threading
import time
from contextlib import contextmanager
from typing import Any, Callable, Iterator, Optional

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

aten = torch.ops.aten


def measure_rates(device: str = 'cpu', repeats: int = 5) -> dict[str, float]:
    """Rates that the device reaches on one large matrix product and one large copy, float32.

    Returns:
        dict: ``flops`` and ``bytes`` (read and written) per second, the medians.
    """
    size, count = (8192, 2**28) if device.startswith('cuda') else (2048, 2**25)
    a, b = torch.randn(size, size, device=device), torch.randn(size, size, device=device)
    source = torch.ones(count, device=device)
    target = torch.empty_like(source)
    return dict(
        flops=2 * size**3 / _median(lambda: torch.mm(a, b), device, repeats),
        bytes=2 * 4 * count / _median(lambda: target.copy_(source), device, repeats),
    )


def _median(run: Callable[[], Any], device: str, repeats: int) -> float:
    seconds = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        run()
        if device.startswith('cuda'):
            torch.cuda.synchronize(device)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[1:])


class Traffic(TorchDispatchMode):
    """Counts what the operators inside the block compute and touch.

    Attributes:
        flops: of convolutions and matrix products and their gradients, an addition and a
            multiplication being two.
        bytes: what all operators other than views read and write, were nothing cached.
    """

    def __init__(self) -> None:
        super().__init__()
        self.flops = 0
        self.bytes = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple = (), kwargs: Optional[dict] = None) -> Any:
        out = func(*args, **(kwargs or {}))
        tensors = [x for x in tree_leaves((args, kwargs, out)) if isinstance(x, Tensor)]
        if not func.is_view:
            self.bytes += sum(x.numel() * x.element_size() for x in tensors)
        packet = func.overloadpacket
        if packet is aten.convolution:
            self.flops += _conv_flops(out, args[1])
        elif packet is aten.convolution_backward:
            self.flops += sum(args[-1][:2]) * _conv_flops(args[0], args[2])
        elif packet in (aten.mm, aten.bmm):
            self.flops += 2 * args[0].numel() * args[1].shape[-1]
        elif packet in (aten.addmm, aten.baddbmm):
            self.flops += 2 * args[1].numel() * args[2].shape[-1]
        return out


def _conv_flops(output: Tensor, weight: Tensor) -> int:
    # The second dimension of the weight is already that of one group.
    return 2 * output.numel() * math.prod(weight.shape[1:])


@contextmanager
def peak_memory(device: torch.device) -> Iterator[Callable[[], Optional[int]]]:
    """Bytes that the block needs at most beyond what is held before it.

    Of CUDA's allocator on a GPU. On the CPU of the process as Linux counts it, looked at
    every few milliseconds; None where there is no /proc.

    Yields:
        a function that gives the number once the block has ended.
    """
    gc.collect()
    if device.type == 'cuda':
        torch.cuda.reset_peak_memory_stats(device)
        start = torch.cuda.memory_allocated(device)
        yield lambda: torch.cuda.max_memory_allocated(device) - start
        return
    if not os.path.exists('/proc/self/statm'):
        yield lambda: None
        return
    # Gives back what the C library keeps of freed memory, which would hide the need.
    getattr(ctypes.CDLL(None), 'malloc_trim', lambda pad: None)(0)
    start, highest, done = _resident(), [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.003):
            highest[0] = max(highest[0], _resident())

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield lambda: max(0, highest[0] - start)
    finally:
        highest[0] = max(highest[0], _resident())
        done.set()
        thread.join()


def _resident() -> int:
    with open('/proc/self/statm') as file:
        return int(file.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')
