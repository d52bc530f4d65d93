"""A function on two processes, on the CPU with gloo."""

import gc
import os
import socket
from typing import Any, Callable

import torch
import torch.distributed as dist
import torch.multiprocessing as mp


def on_two_ranks(worker: Callable[..., None], *args: Any) -> None:
    """Runs ``worker(rank, *args)`` in two new processes, as a launcher would."""
    with socket.socket() as sock:
        sock.bind(('127.0.0.1', 0))
        port = sock.getsockname()[1]
    mp.spawn(_rank, args=(worker, args, port), nprocs=2)


def _rank(rank: int, worker: Callable[..., None], args: tuple, port: int) -> None:
    os.environ.update(
        RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE='2', MASTER_ADDR='127.0.0.1', MASTER_PORT=str(port)
    )
    torch.set_num_threads(1)
    worker(rank, *args)
    # Models hold the group. A rank that still uses it when the other one has left ends with SIGABRT.
    gc.collect()
    dist.barrier()
    dist.destroy_process_group()
