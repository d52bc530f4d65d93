"""What a search leaves in its work directory."""

import json
import logging
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


def test_collapse_is_reported_once_alpha_has_decided(search_cfg: Config) -> None:
    """All edges on skip connections: a warning; the same with alphas that are almost equal: none."""
    search_cfg.train_cfg.max_epochs = 1
    search_cfg.optim_wrapper.arch.optimizer.lr = 0.0
    search_cfg.log_level = 'WARNING'
    for strength, expected in ((5.0, 1), (1e-3, 0)):
        runner = Runner.from_cfg(search_cfg)
        skip = 3
        with torch.no_grad():
            for alpha in runner.model.arch.alphas.values():
                alpha.zero_()
                alpha[:, skip] = strength
        messages: list[str] = []
        handler = logging.Handler()
        handler.emit = lambda record, messages=messages: messages.append(record.getMessage())
        runner.logger.addHandler(handler)
        runner.train()
        runner.logger.removeHandler(handler)
        collapsed = [m for m in messages if 'may be collapsing: 8 of 8 edges of the normal cell' in m]
        assert len(collapsed) == expected


def test_bad_ratio_is_named() -> None:
    with pytest.raises(ValueError, match=r'GenotypeHook.collapse_ratio must lie in \(0, 1\], got 0'):
        GenotypeHook(collapse_ratio=0)
