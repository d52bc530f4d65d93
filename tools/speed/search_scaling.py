"""How the cost of a search step grows: with its size, and over processes."""

import os
import socket
import statistics
import time
from typing import Any, Sequence

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from search_speed import EXECUTIONS, SearchStep, measure_search_step
from torch.nn.parallel import DistributedDataParallel

from mmnas_mae.models import SearchModel
from mmnas_mae.spaces import CellGraph, CellSpace, get_space
from mmnas_mae.utils.pictures import new_figure, save_figure

#: What grows, the others staying at the middle of their values.
SIZES = dict(layers=(3, 5, 8), channels=(4, 8, 16), edges=(2, 5, 9, 14))
MIDDLE = dict(layers=5, channels=8, edges=9)
#: Colours and markers that readers tell apart without seeing colours (Okabe and Ito).
STYLES = dict(plain=('#D55E00', 'o', '--'), ours=('#0072B2', 's', '-'))


def sized_backbone(layers: int, channels: int, edges: int) -> dict:
    """A search network over the cells of S0 with fewer nodes.

    Args:
        edges: 2, 5, 9 or 14, that is one to four nodes.
    """
    nodes = SIZES['edges'].index(edges) + 1
    ops = get_space('darts_s0').cells['normal'].ops[0]
    graph = CellGraph.dense(2, nodes, ops)
    space = CellSpace(f's0_{nodes}', dict(normal=graph, reduce=graph), keep=2, never=('none',))
    return dict(type='mmnas_mae.DARTSSupernet', space=space, init_channels=channels, layers=layers)


def measure_growth(batch_size: int, repeats: int, device: str) -> dict[str, list[dict]]:
    """Seconds of a step while one of :data:`SIZES` grows, in both executions."""
    curves: dict[str, list[dict]] = {}
    for axis, values in SIZES.items():
        for value in values:
            step = SearchStep(sized_backbone(**{**MIDDLE, axis: value}), batch_size, device=device)
            result = measure_search_step(step, repeats)
            curves.setdefault(axis, []).append({axis: value, **{e: result[e]['step'] for e in EXECUTIONS}})
    return curves


def plot_growth(curves: dict[str, list[dict]], path: str) -> None:
    """One panel for each axis."""
    figure = new_figure(3.4 * len(curves), 3)
    panels = figure.subplots(1, len(curves), squeeze=False)
    for panel, (axis, rows) in zip(panels[0], curves.items()):
        for execution, (color, marker, line) in STYLES.items():
            points = [row[axis] for row in rows], [row[execution] for row in rows]
            panel.plot(*points, color=color, marker=marker, linestyle=line, label=execution)
        panel.set(xlabel=axis, ylim=(0, None))
    panels[0][0].set_ylabel('seconds of a step')
    panels[0][0].legend(frameon=False)
    save_figure(figure, path)


def measure_processes(backbone: dict, batch_size: int, repeats: int, processes: int) -> dict[str, Any]:
    """One process with ``processes`` threads against as many processes of one thread, on the CPU with gloo.

    Both see the same global batch. They run in turn, so that both meet the same machine.

    Raises:
        ValueError: the batch does not divide.
    """
    if processes < 2 or batch_size % processes:
        raise ValueError(f'processes must be at least 2 and divide the batch of {batch_size}, got {processes}')
    seconds: dict[int, list[float]] = {1: [], processes: []}
    for _ in range(2):
        for world, threads in ((1, processes), (processes, 1)):
            with socket.socket() as sock:
                sock.bind(('127.0.0.1', 0))
                port = sock.getsockname()[1]
            queue = mp.get_context('spawn').SimpleQueue()
            args = (world, threads, port, backbone, batch_size // world, repeats, queue)
            mp.spawn(_worker, args=args, nprocs=world)
            seconds[world] += queue.get()
    rate = {world: 2 * batch_size / statistics.median(times) for world, times in seconds.items()}
    return dict(
        processes=processes,
        batch_size=batch_size,
        images_per_second={str(world): value for world, value in rate.items()},
        loss=1 - rate[processes] / rate[1],
    )


def _worker(
    rank: int, world: int, threads: int, port: int, backbone: dict, batch_size: int, repeats: int, queue: Any
) -> None:
    os.environ.update(OMP_NUM_THREADS=str(threads))
    torch.set_num_threads(threads)
    options: dict[str, Any] = {}
    if world > 1:
        dist.init_process_group('gloo', init_method=f'tcp://127.0.0.1:{port}', rank=rank, world_size=world)
        options = dict(wrap=_distributed)
    step = SearchStep(backbone, batch_size, **options)
    seconds = []
    for i in range(repeats + 1):
        start = time.perf_counter()
        step.run('alpha', 'ours')
        step.run('weights', 'ours')
        if i:
            seconds.append(time.perf_counter() - start)
    if rank == 0:
        queue.put(seconds)
    if world > 1:
        dist.destroy_process_group()


def _distributed(model: SearchModel) -> DistributedDataParallel:
    return DistributedDataParallel(model, broadcast_buffers=False)


def table(rows: Sequence[dict]) -> str:
    """Measured cases as a Markdown table, one line for each execution."""
    columns = 'case | order | device | execution | alpha s | weights s | images/s | peak MiB | of matmul | of memory'
    lines = [f'| {columns} | speedup |', '|---' * 11 + '|']
    for row in rows:
        for execution in EXECUTIONS:
            r = row[execution]
            peak = '-' if r['peak_memory'] is None else f'{r["peak_memory"] / 2**20:.0f}'
            cells = [row['case'], row['order'], row['device'], execution, f'{r["alpha"]:.3f}', f'{r["weights"]:.3f}']
            cells += [f'{r["images_per_second"]:.1f}', peak]
            cells += [f'{100 * r["flops_fraction"]:.1f} %', f'{100 * r["bytes_fraction"]:.1f} %']
            cells.append(f'{row["speedup"]:.2f}' if execution == 'ours' else '')
            lines.append('| ' + ' | '.join(map(str, cells)) + ' |')
    return '\n'.join(lines)
