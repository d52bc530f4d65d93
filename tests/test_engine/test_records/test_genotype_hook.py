"""What a search leaves in its work directory."""

import json
import logging
import math
from pathlib import Path
from typing import Callable

import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner

from mmnas_mae import __version__
from mmnas_mae.engine import GenotypeHook
from mmnas_mae.spaces import load_genotype


def test_genotype_and_history_are_written(search_cfg: Config, run_search: Callable) -> None:
    runner = run_search(search_cfg)
    genotype = load_genotype(Path(runner.work_dir, 'genotype.json'))
    assert genotype == runner.model.genotype()
    assert genotype.meta['epoch'] == 2
    assert genotype.meta['seed'] == 0
    assert genotype.meta['version'] == __version__
    assert len(genotype.meta['config_hash']) == 16
    assert genotype.meta['score'] < 0
    lines = [json.loads(line) for line in Path(runner.work_dir, 'arch_history.jsonl').read_text().splitlines()]
    assert [line['epoch'] for line in lines] == [1, 2]
    assert set(lines[-1]['parameters']) == {'alphas.normal', 'alphas.reduce'}
    for name, parameter in runner.model.arch.named_parameters():
        assert torch.equal(torch.tensor(lines[-1]['parameters'][name]), parameter)
    assert lines[-1]['entropy'] == pytest.approx(runner.model.arch.entropy())


SKIP = 3


@pytest.mark.parametrize('strength, decided', [(5.0, True), (1e-3, False)])
def test_what_is_wrong_with_the_result_is_said(search_cfg: Config, strength: float, decided: bool) -> None:
    """All edges on skip connections, which alpha prefers by much or by nothing to speak of."""
    search_cfg.train_cfg.max_epochs = 1
    search_cfg.optim_wrapper.arch.optimizer.lr = 0.0
    search_cfg.log_level = 'WARNING'
    runner = Runner.from_cfg(search_cfg)
    with torch.no_grad():
        for alpha in runner.model.arch.alphas.values():
            alpha.zero_()
            alpha[:, SKIP] = strength
    messages: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())
    handler.setLevel(logging.WARNING)
    runner.logger.addHandler(handler)
    runner.train()
    runner.logger.removeHandler(handler)

    meta = load_genotype(Path(runner.work_dir, 'genotype.json')).meta
    assert meta['decision']['ratio'] == pytest.approx(math.exp(strength))
    assert meta['decision']['ratios']['normal'] == [[pytest.approx(math.exp(strength))] * 2] * 4
    collapsed = 'collapsed: 8 of 8 edges of the normal cell carry no weights (8 skip_connect); a larger mask_generator'
    undecided = 'undecided: the operation of an edge weighs 1 times the next best on average (1.5 would be a choice)'
    expected = [collapsed] if decided else [undecided, collapsed]
    assert len(meta['warnings']) == len(expected)
    assert all(warning.startswith(start) for warning, start in zip(meta['warnings'], expected))
    assert [message for message in messages if message.startswith('epoch 1: ')] == [
        f'epoch 1: {warning}' for warning in meta['warnings']
    ]


def test_a_search_that_cannot_decide_says_so_before_it_begins(search_cfg: Config, run_search: Callable) -> None:
    """Two epochs of 5 steps at 3e-3 part two weights by exp(2 * 10 * 3e-3) at most."""
    search_cfg.log_level = 'WARNING'
    runner = run_search(search_cfg)
    log = next(Path(runner.work_dir).glob('*/*.log')).read_text()
    assert f'in {2 * len(runner.train_dataloader)} steps at optim_wrapper.arch.optimizer.lr=0.003' in log
    reachable = math.exp(2 * 2 * len(runner.train_dataloader) * 0.003)
    assert f'can outweigh another at most {reachable:.3g} times' in log


def test_a_resumed_search_knows_the_cells_of_before(search_cfg: Config, run_search: Callable) -> None:
    search_cfg.train_cfg.max_epochs = 1
    runner = run_search(search_cfg)
    path = Path(runner.work_dir, 'arch_history.jsonl')
    (line,) = map(json.loads, path.read_text().splitlines())
    other = json.loads(json.dumps(line))
    other['genotype']['normal']['nodes'][0][0][0] = 'none'
    path.write_text(json.dumps(other) + '\n')
    search_cfg.merge_from_dict({'train_cfg.max_epochs': 4, 'resume': True})
    runner = run_search(search_cfg)
    decision = load_genotype(Path(runner.work_dir, 'genotype.json')).meta['decision']
    lines = [json.loads(line)['genotype'] for line in path.read_text().splitlines()]
    assert lines[0] == other['genotype']
    assert decision['window'] == 2
    assert decision['changed'] == (lines[2] != lines[3])


def test_epochs_that_were_gone_back_over_count_for_nothing(search_cfg: Config, run_search: Callable) -> None:
    """As EarlyStopHook(mode='adapt') does: the third epoch is trained again with another cell before it."""
    search_cfg.train_cfg.max_epochs = 3
    runner = run_search(search_cfg)
    hook = next(hook for hook in runner.hooks if isinstance(hook, GenotypeHook))
    hook._cells[:] = [*hook._cells[:2], {}, {}, {}]
    runner.train_loop._epoch = 2
    hook.after_train_epoch(runner)
    assert len(hook._cells) == 3
    assert {} not in hook._cells


def test_bad_ratio_is_named() -> None:
    with pytest.raises(ValueError, match=r'GenotypeHook.collapse_ratio must lie in \(0, 1\], got 0'):
        GenotypeHook(collapse_ratio=0)
    with pytest.raises(ValueError, match='GenotypeHook.decided_ratio must be at least 1, got 0.5'):
        GenotypeHook(decided_ratio=0.5)
