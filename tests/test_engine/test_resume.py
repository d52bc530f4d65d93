"""A search that is interrupted and resumed equals one that is not, bit for bit."""

import copy
import json
import re
from pathlib import Path
from typing import Any, Callable

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner


class Interrupt(Hook):
    """Ends the run in the middle of an epoch, as a kill would."""

    def __init__(self, epoch: int, iteration: int) -> None:
        self.at = epoch, iteration

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        if (runner.epoch, batch_idx) == self.at:
            raise KeyboardInterrupt


def losses(work_dir: str) -> dict:
    """step -> what was logged there; a resumed run writes later files, which count."""
    out = {}
    for path in sorted(Path(work_dir).glob('*/vis_data/scalars.json'), key=lambda p: p.stat().st_mtime_ns):
        for line in path.read_text().splitlines():
            record = json.loads(line)
            keys = [k for k in record if 'time' not in k and k not in ('memory', 'eta')]
            kind = 'train' if 'loss' in record else 'val' if 'reconstruction/l1' in record else 'arch'
            out[kind, record['step']] = {k: record[k] for k in keys}
    return out


def tensors(value: Any, prefix: str = '') -> dict:
    """Every tensor and number of a nested state, by its path."""
    if isinstance(value, dict):
        return {k: v for name, item in value.items() for k, v in tensors(item, f'{prefix}/{name}').items()}
    if isinstance(value, (list, tuple)):
        return {k: v for i, item in enumerate(value) for k, v in tensors(item, f'{prefix}/{i}').items()}
    return {prefix: value}


@pytest.mark.parametrize('order, masking, workers', [(1, 'input', 0), (2, 'sparse', 0), (1, 'input', 1)])
def test_resumed_search_equals_uninterrupted_one(
    search_cfg: Config, run_search: Callable, order: int, masking: str, workers: int
) -> None:
    search_cfg.model.masking = masking
    search_cfg.default_hooks.bilevel.order = order
    search_cfg.default_hooks.logger.interval = 1
    # Alpha goes through its images more often than the weights through theirs.
    search_cfg.train_dataloader.dataset.parts = [('weights', 0.0008), ('arch', 0.0006)]
    search_cfg.train_dataloader.num_workers = workers
    search_cfg.train_dataloader.persistent_workers = workers > 0
    search_cfg.train_cfg.max_epochs = 3
    # Draws from the global generator too, which must be restored.
    search_cfg.model.backbone.space = 'darts_s4'
    whole, broken = copy.deepcopy(search_cfg), copy.deepcopy(search_cfg)
    broken.work_dir += '_interrupted'
    run_search(whole)

    runner = Runner.from_cfg(copy.deepcopy(broken))
    runner.register_hook(Interrupt(epoch=2, iteration=0))
    with pytest.raises(KeyboardInterrupt):
        runner.train()
    torch.manual_seed(99)  # a new process would not have the old one's state
    broken.resume = True
    run_search(broken)

    states = []
    for cfg in (whole, broken):
        checkpoint = torch.load(Path(cfg.work_dir, 'epoch_3.pth'), weights_only=False)
        kept = ('state_dict', 'optimizer', 'param_schedulers', 'bilevel', 'random_states')
        states.append(tensors({name: checkpoint[name] for name in kept}))
    assert states[0].keys() == states[1].keys()
    assert len(states[0]) > 100
    for name, value in states[0].items():
        other = states[1][name]
        assert torch.equal(value, other) if isinstance(value, torch.Tensor) else value == other, name

    assert losses(whole.work_dir) == losses(broken.work_dir)
    genotypes = [json.loads(Path(cfg.work_dir, 'genotype.json').read_text()) for cfg in (whole, broken)]
    assert genotypes[0] == genotypes[1]
    histories = [Path(cfg.work_dir, 'arch_history.jsonl').read_text() for cfg in (whole, broken)]
    assert histories[0] == histories[1]
    assert [json.loads(line)['epoch'] for line in histories[0].splitlines()] == [1, 2, 3]


@pytest.fixture
def stopped(search_cfg: Config, run_search: Callable) -> Config:
    """The config of a search of one epoch whose held-out images are a part of their own, told to go on."""
    search_cfg.train_cfg.max_epochs = 1
    search_cfg.model.backbone.space = 'darts_s2'
    search_cfg.val_dataloader.dataset.parts = [('heldout', 0.01), ('rest', 0.5)]
    run_search(search_cfg)
    search_cfg.train_cfg.max_epochs = 2
    search_cfg.resume = True
    return search_cfg


def test_a_search_is_not_resumed_with_other_images(stopped: Config, run_search: Callable) -> None:
    read = 'dataset must read the images of the checkpoint, cut with '
    halves = "parts=[('weights', 0.002), ('arch', 0.0015)]"
    sorted_halves = [('arch', 0.0015), ('weights', 0.002)]
    for loader, settings, message in (
        ('train', dict(parts=sorted_halves), f'train_dataloader.{read}{halves}, got parts={sorted_halves}'),
        # The weights keep their images.
        ('train', dict(parts=[('weights', 0.002), ('arch', 0.002)]), f'arch_dataloader.{read}{halves}, got parts='),
        ('val', dict(parts=[('rest', 0.5), ('heldout', 0.01)]), f'val_dataloader.{read}parts='),
        ('train', dict(seed=3), f'{read}seed=0, got seed=3'),
        ('train', dict(shuffle=False), f'{read}shuffle=True, got shuffle=False'),
        ('train', {'dataset.stride': 5}, f'{read}total='),
    ):
        cfg = copy.deepcopy(stopped)
        cfg.merge_from_dict({f'{loader}_dataloader.dataset.{key}': value for key, value in settings.items()})
        with pytest.raises(ValueError, match=re.escape(message)) as info:
            run_search(cfg)
        assert '\n' not in str(info.value)


def test_equal_images_are_told_by_their_indices_and_old_checkpoints_are_read(
    stopped: Config, run_search: Callable
) -> None:
    # A part behind the others changes none of them.
    stopped.train_dataloader.dataset.parts = [['weights', 0.002], ['arch', 0.0015], ['more', 0.1]]
    run_search(stopped)
    last = Path(stopped.work_dir, 'epoch_2.pth')
    checkpoint = torch.load(last, weights_only=False)
    assert {name: record['part'] for name, record in checkpoint['splits'].items()} == dict(
        train_dataloader='weights', arch_dataloader='arch', val_dataloader='heldout'
    )
    del checkpoint['splits']
    torch.save(checkpoint, last)
    Path(f'{last}.sha256').unlink()  # an old one has none
    stopped.train_dataloader.dataset.parts = [('arch', 0.0015), ('weights', 0.002)]
    assert run_search(stopped).epoch == 2


def test_different_seeds_give_different_searches(search_cfg: Config, run_search: Callable) -> None:
    alphas = []
    for seed in (0, 1):
        cfg = copy.deepcopy(search_cfg)
        cfg.randomness.seed = seed
        cfg.train_cfg.max_epochs = 1
        cfg.model.backbone.space = 'darts_s2'
        cfg.work_dir += str(seed)
        alphas.append(run_search(cfg).model.arch.alphas['normal'].detach().clone())
    assert not torch.equal(*alphas)
