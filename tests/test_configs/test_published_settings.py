"""Every baseline has the settings that its authors published, which configs/published_settings.json lists."""

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import OPTIMIZERS, PARAM_SCHEDULERS

REPOSITORY = Path(__file__).resolve().parents[2]
CONFIGS = REPOSITORY / 'configs'
CONTENT = json.loads((CONFIGS / 'published_settings.json').read_text())
PUBLISHED = CONTENT['configs']
#: Searches without a published counterpart: combinations and data sets of this project.
OURS = re.compile(r'(maenas|mim-darts|unnas-.*_cifar10|rome_|darts_.*8xb|(pcdarts|darts-minus|snas)_nasbench201)')


def lookup(cfg: Any, key: str) -> Any:
    """The value of a dotted key, where ``pipeline`` is that of the training loader; None where it is absent."""
    names = key.split('.')
    if names[0] == 'pipeline':
        cfg = cfg.train_dataloader
        while 'dataset' in cfg:
            cfg = cfg.dataset
    for name in names:
        if isinstance(cfg, (list, tuple)):
            cfg = cfg[int(name)]
        else:
            cfg = None if cfg is None else cfg.get(name)
    return cfg


def plain(value: Any) -> Any:
    """As JSON has it."""
    return json.loads(json.dumps(value.to_dict() if hasattr(value, 'to_dict') else value))


def rates(cfg: Config, steps: int = 1) -> list[float]:
    """The learning rate of the weights in each epoch, or in each of so many steps in it where the schedule has them."""
    wrapper, schedulers = cfg.optim_wrapper, cfg.param_scheduler
    if 'weights' in wrapper:
        wrapper, schedulers = wrapper.weights, schedulers.weights
    optimizer = OPTIMIZERS.build({**wrapper.optimizer, 'params': [torch.nn.Parameter(torch.zeros(1))]})
    schedulers = schedulers if isinstance(schedulers, list) else [schedulers]
    built = [PARAM_SCHEDULERS.build({**s, 'optimizer': optimizer, 'epoch_length': steps}) for s in schedulers]
    out = []
    for _ in range(cfg.train_cfg.max_epochs * steps):
        out.append(optimizer.param_groups[0]['lr'])
        optimizer.step()
        for scheduler in built:
            scheduler.step()
    return out


@pytest.mark.parametrize('name', PUBLISHED)
def test_the_settings_are_the_published_ones(name: str) -> None:
    entry, cfg = PUBLISHED[name], Config.fromfile(CONFIGS / f'{name}.py')
    expected = {}
    for block in entry['blocks']:
        expected.update(CONTENT['blocks'][block])
    expected.update(entry['settings'])
    # What a config sets as a whole has no parts to compare.
    expected = {
        key: value for key, value in expected.items() if not any(key.startswith(f'{k}.') for k in entry['settings'])
    }
    found = {key: plain(lookup(cfg, key)) for key in expected}
    assert found == expected
    if 'rates' in entry:
        own = rates(cfg)
        assert {epoch: own[int(epoch)] for epoch in entry['rates']} == pytest.approx(entry['rates'], rel=1e-4, abs=1e-9)


@pytest.mark.parametrize('name', [name for name in PUBLISHED if 'transnas101' in name])
def test_the_cosine_of_transnas_goes_by_steps(name: str) -> None:
    """yawen-d/TransNASBench: lib/optimizers/warmup.py without a warm-up, given ``epoch + step / len(loader)``."""
    cfg, steps = Config.fromfile(CONFIGS / f'{name}.py'), 7
    total = cfg.train_cfg.max_epochs * steps
    expected = [0.1 * 0.5 * (1 + math.cos(math.pi * step / total)) for step in range(total)]
    assert rates(cfg, steps) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize('name', PUBLISHED)
def test_the_header_names_the_source_and_what_differs(name: str) -> None:
    docstring = ' '.join((CONFIGS / f'{name}.py').read_text().split('"""')[1].split())
    source, differs = re.search(r'Source: (.*)\. Differs: (.+)$', docstring).groups()
    assert source == PUBLISHED[name]['source']
    assert re.match(r'[\w.-]+/[\w.-]+, \S+\.(py|sh|yaml|config)', source)
    assert differs.endswith('.')


def test_every_baseline_is_here() -> None:
    searches = {f'search/{path.stem}' for path in (CONFIGS / 'search').glob('*.py') if not OURS.match(path.stem)}
    retraining = {f'retrain/{path.stem}' for path in (CONFIGS / 'retrain').glob('*.py')}
    # MobileNetV3's recipe for cells, one for your own images and that of a random cell are of this project.
    retraining = {name for name in retraining if not re.search('mbv3|_folder$|/random', name)}
    assert set(PUBLISHED) == searches | retraining
