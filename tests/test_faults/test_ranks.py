"""Two processes: what they measure agrees, and a search that is interrupted ends as one that is not."""

import copy
import json
import os
import socket
from pathlib import Path
from typing import Any, Callable

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmnas_mae.apis import build_runner


class Watch(Hook):
    """Keeps the running statistics that each process validates with, and ends the run where it is told to."""

    priority = 'LOWEST'

    def __init__(self, folder: str, end: int) -> None:
        self.folder, self.end = folder, end

    def before_val_epoch(self, runner: Runner) -> None:
        rank = dist.get_rank()
        torch.save(dict(runner.model.module.named_buffers()), os.path.join(self.folder, f'buffers_{rank}.pt'))

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        if runner.epoch + 1 == self.end:
            raise StopIteration


def _work(rank: int, cfg: Config, port: int, folder: str, end: int) -> None:
    os.environ.update(
        RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE='2', MASTER_ADDR='127.0.0.1', MASTER_PORT=str(port)
    )
    torch.set_num_threads(1)
    runner = build_runner(cfg)
    runner.register_hook(Watch(folder, end))
    try:
        runner.train()
    except StopIteration:
        pass
    dist.destroy_process_group()


@pytest.fixture
def run(search_cfg: Config, tmp_path: Path) -> Callable[..., Path]:
    """Runs the search in two processes, up to an epoch or to the end, or goes on with it; gives its folder."""
    search_cfg.launcher = 'pytorch'
    search_cfg.model.backbone = dict(type='mmnas_mae.NASBench201Supernet', init_channels=2, cells_per_stage=1)

    def start(name: str, end: int = 0) -> Path:
        cfg = copy.deepcopy(search_cfg)
        folder = tmp_path / name
        cfg.work_dir, cfg.resume = str(folder), folder.is_dir()
        with socket.socket() as sock:
            sock.bind(('127.0.0.1', 0))
            port = sock.getsockname()[1]
        mp.spawn(_work, args=(cfg, port, str(tmp_path), end), nprocs=2)
        return folder

    return start


def test_both_processes_validate_with_the_same_running_statistics(run: Callable, search_cfg, tmp_path: Path) -> None:
    search_cfg.train_cfg.max_epochs = 1
    folder = run('whole')
    first, second = (torch.load(tmp_path / f'buffers_{rank}.pt') for rank in (0, 1))
    assert any('running_mean' in name for name in first)
    for name, value in first.items():
        assert torch.equal(value, second[name]), name
    kept = torch.load(folder / 'epoch_1.pth', weights_only=False)['state_dict']
    assert all(torch.equal(value, kept[name]) for name, value in first.items() if name in kept)


@pytest.mark.slow
def test_an_interrupted_search_of_two_processes_has_the_score_of_one_that_is_not(run: Callable) -> None:
    whole = run('whole')
    broken = run('broken', end=2)
    assert not (broken / 'epoch_2.pth').exists()
    run('broken')
    genotypes = [json.loads((folder / 'genotype.json').read_text()) for folder in (whole, broken)]
    assert 'score' in genotypes[0]['meta']
    assert genotypes[0] == genotypes[1]
    assert (whole / 'arch_history.jsonl').read_text() == (broken / 'arch_history.jsonl').read_text()
