"""A run in pieces shorter than an epoch equals one in a single piece, bit for bit."""

import copy
import json
import os
import signal
from pathlib import Path
from typing import Any, Callable

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner

PAUSES = dict(pause=dict(type='mmnas_mae.PauseHook'))


class Terminate(Hook):
    """Sends the signal after some steps of this piece."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGTERM)


def piece(cfg: Config, steps: int) -> int:
    """The status with which a piece ends that is told to stop after ``steps``; 0 at the end of the run."""
    runner = Runner.from_cfg(copy.deepcopy(cfg))
    runner.register_hook(Terminate(steps))
    handler = signal.getsignal(signal.SIGTERM)
    if Path(cfg.work_dir, 'last_checkpoint').exists():
        torch.manual_seed(99)  # a new process would not have the old one's state
    try:
        runner.train()
    except SystemExit as error:
        return error.code
    finally:
        assert (signal.getsignal(signal.SIGTERM) is handler) == (runner.epoch == 2)
        signal.signal(signal.SIGTERM, handler)
    return 0


@pytest.mark.parametrize('workers, accumulate', [(0, 1), (1, 1), (0, 2)])
def test_pieces_of_few_steps_equal_the_whole(
    search_cfg: Config, run_search: Callable, workers: int, accumulate: int
) -> None:
    search_cfg.model.backbone.space = 'darts_s4'  # draws from the global generator too
    search_cfg.train_dataloader.batch_size = 2
    search_cfg.train_dataloader.dataset.parts = [('weights', 0.0006), ('arch', 0.0004)]  # few steps, each a pause away
    search_cfg.train_dataloader.num_workers = workers
    search_cfg.train_dataloader.persistent_workers = workers > 0
    search_cfg.optim_wrapper.weights.accumulative_counts = accumulate
    whole, pieces = copy.deepcopy(search_cfg), copy.deepcopy(search_cfg)
    steps = len(run_search(whole).train_dataloader)
    assert steps >= 4

    pieces.work_dir += '_pieces'
    pieces.merge_from_dict(dict(default_hooks=PAUSES))
    pieces.train_dataloader.sampler.type = 'mmnas_mae.ResumableSampler'
    pieces.resume = True
    places = []
    while piece(pieces, 2 * steps // 3) == 75:
        name = Path(pieces.work_dir, 'last_checkpoint').read_text()
        assert Path(name).name == 'paused.pth'
        checkpoint = torch.load(name, weights_only=False)
        places.append((checkpoint['meta']['epoch'], checkpoint['batches_done']))
        assert checkpoint['meta']['iter'] == places[-1][0] * steps + places[-1][1]
        assert len(places) < 9
    # An accumulated step is not cut in two, and the end of an epoch is no pause.
    done = [epoch * steps + batches for epoch, batches in places]
    assert all(number % accumulate == 0 or number % steps == 0 for number in done)
    assert all(0 < batches < steps for _, batches in places)
    assert len(places) >= 2
    assert done == sorted(set(done))

    assert not Path(pieces.work_dir, 'paused.pth').exists()
    states = [torch.load(Path(cfg.work_dir, 'epoch_2.pth'), weights_only=False) for cfg in (whole, pieces)]
    assert states[1]['batches_done'] == 0
    for name, value in states[0]['state_dict'].items():
        assert torch.equal(value, states[1]['state_dict'][name]), name
    assert states[0]['bilevel'] == states[1]['bilevel']
    histories = [Path(cfg.work_dir, 'arch_history.jsonl').read_text() for cfg in (whole, pieces)]
    assert histories[0] == histories[1]
    genotypes = [json.loads(Path(cfg.work_dir, 'genotype.json').read_text()) for cfg in (whole, pieces)]
    for genotype in genotypes:
        del genotype['meta']['config_hash']
    assert genotypes[0] == genotypes[1]


def test_a_paused_run_does_not_go_on_with_other_images(search_cfg: Config) -> None:
    search_cfg.merge_from_dict(dict(default_hooks=PAUSES))
    search_cfg.train_dataloader.sampler.type = 'mmnas_mae.ResumableSampler'
    search_cfg.resume = True
    assert piece(search_cfg, 2) == 75
    checkpoint = torch.load(Path(search_cfg.work_dir, 'paused.pth'), weights_only=False)
    assert set(checkpoint['splits']) == {'train_dataloader', 'arch_dataloader', 'val_dataloader'}
    search_cfg.train_dataloader.dataset.seed = 3
    runner, handler = Runner.from_cfg(search_cfg), signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(ValueError, match=r'resume: train_dataloader\.dataset must read .* seed=0, got seed=3'):
            runner.train()
    finally:
        signal.signal(signal.SIGTERM, handler)


def test_a_sampler_that_cannot_begin_within_an_epoch_is_refused(search_cfg: Config) -> None:
    search_cfg.merge_from_dict(dict(default_hooks=PAUSES))
    with pytest.raises(ValueError, match="sampler.type='mmnas_mae.ResumableSampler', got DefaultSampler"):
        Runner.from_cfg(search_cfg).train()
