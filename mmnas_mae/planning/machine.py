"""The machine that a training runs on, as far as its settings depend on it."""

import os
from typing import NamedTuple, Optional

import torch
from mmengine.device import get_device

#: What ``device`` may be.
DEVICES = ('cpu', 'cuda')


class Machine(NamedTuple):
    """What settings depend on.

    Args:
        device: ``cpu``, ``cuda`` or another that MMEngine trains on.
        name: of the processor or GPU.
        cores: processor cores that this process may use.
        memory: free bytes of a GPU; None for others.
    """

    device: str
    name: str
    cores: int
    memory: Optional[int] = None


def look_at_machine(device: Optional[str] = None) -> Machine:
    """This machine.

    Args:
        device: ``cpu`` or ``cuda``; by default a GPU where there is one.

    Raises:
        ValueError: there is no such device, or MMEngine would take another.
    """
    if device not in (None, *DEVICES):
        raise ValueError(f'device must be one of {", ".join(DEVICES)}, got {device!r}')
    if device == 'cpu' and get_device() != 'cpu':
        raise ValueError(
            f"device='cpu': MMEngine takes the {get_device()} that it sees; start Python with CUDA_VISIBLE_DEVICES= set"
        )
    if device == 'cuda' and get_device() != 'cuda':
        raise ValueError(f'device must be {get_device()} here: torch sees no GPU')
    cores = len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count() or 1
    found = get_device()
    if found != 'cuda':
        return Machine(found, f'{cores} core{"s" if cores > 1 else ""}', cores)
    free, _ = torch.cuda.mem_get_info()
    return Machine(found, torch.cuda.get_device_name(), cores, free)
