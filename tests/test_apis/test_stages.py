"""A search in stages (P-DARTS)."""

import json
from pathlib import Path
from typing import Callable

import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner

from mmnas_mae.apis import launch
from mmnas_mae.apis.stages import run_stages, stage_config
from mmnas_mae.spaces import get_space, load_genotype


def three_stages(cfg: Config) -> Config:
    """5, 3 and 1 operations; small ones that are drawn, so that a stage takes a second."""
    cfg.model.backbone.relaxation = dict(type='mmnas_mae.GumbelRelaxation')
    cfg.train_dataloader.dataset.parts = [('weights', 0.001), ('arch', 0.001)]
    cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
    cfg.train_cfg.max_epochs = 1
    cfg.optim_wrapper.arch.optimizer.lr = 0.5
    cfg.stages = [
        dict(cfg=dict(model=dict(backbone=dict(layers=3))), keep=5),
        dict(cfg=dict(model=dict(backbone=dict(layers=4))), keep=3),
        dict(cfg=dict(model=dict(backbone=dict(layers=5)))),
    ]
    return cfg


@pytest.fixture
def runners(monkeypatch: pytest.MonkeyPatch) -> list[Runner]:
    """The runners of the stages, as they are built."""
    built: list[Runner] = []
    original: Callable = launch.build_runner

    def build(cfg: Config) -> Runner:
        built.append(original(cfg))
        return built[-1]

    monkeypatch.setattr(launch, 'build_runner', build)
    return built


def test_each_stage_keeps_five_then_three_operations(search_cfg: Config, runners: list[Runner]) -> None:
    cfg = three_stages(search_cfg)
    run_stages(cfg)
    assert [runner.model.backbone.layers for runner in runners] == [3, 4, 5]
    assert [set(map(len, r.model.arch.space.cells['normal'].ops)) for r in runners] == [{8}, {5}, {3}]
    assert [r.model.arch.alphas['reduce'].shape[1] for r in runners] == [8, 5, 3]
    for before, after, keep in zip(runners, runners[1:], (5, 3)):
        for kind, weights in before.model.arch.weights().items():
            old, new = before.model.arch.space.cells[kind].ops, after.model.arch.space.cells[kind].ops
            for e, row in enumerate(weights.detach()):
                assert set(new[e]) == {old[e][k] for k in row.topk(keep).indices.tolist()}
    last = runners[-1].model.genotype()
    assert load_genotype(Path(cfg.work_dir, 'genotype.json')) == last
    get_space('darts_s0').validate(last)
    # A stage begins with new weights.
    assert not torch.equal(runners[0].model.backbone.stem[0].weight, runners[1].model.backbone.stem[0].weight)

    files = {path: path.read_bytes() for path in Path(cfg.work_dir).rglob('next_space.json')}
    assert {path.parent.name for path in files} == {'stage_1', 'stage_2'}
    cfg.resume = True
    runners.clear()
    run_stages(cfg)
    assert len(runners) == 1  # what is finished is passed over; the last stage finds nothing left to train
    assert runners[0].epoch == 1
    assert {path: path.read_bytes() for path in files} == files


def test_a_stage_is_an_ordinary_config(search_cfg: Config) -> None:
    cfg = three_stages(search_cfg)
    space = dict(type='darts_s0', restrict=dict(normal=['skip_connect', 'sep_conv_3x3']))
    second = stage_config(cfg, 2, space)
    assert 'stages' not in second
    assert second.model.backbone.layers == 4
    assert second.model.backbone.space == space
    assert second.model.backbone.init_channels == cfg.model.backbone.init_channels
    assert second.work_dir == str(Path(cfg.work_dir, 'stage_2'))
    assert cfg.model.backbone.space == 'darts_s0'
    json.dumps(second.to_dict(), default=str)


def test_without_stages_the_config_itself_runs(search_cfg: Config, runners: list[Runner]) -> None:
    cfg = three_stages(search_cfg)
    cfg.pop('stages')
    run_stages(cfg)
    assert len(runners) == 1
    assert runners[0].epoch == 1
    assert Path(cfg.work_dir, 'genotype.json').exists()


def test_wrong_stages_are_named(search_cfg: Config) -> None:
    cfg = three_stages(search_cfg)
    cfg.stages[1].pop('keep')
    with pytest.raises(ValueError, match=r'stages\[1\].keep must say how many candidates each edge keeps, got None'):
        run_stages(cfg)
    cfg = three_stages(search_cfg)
    cfg.resume, cfg.load_from = True, 'epoch_3.pth'
    with pytest.raises(ValueError, match="give --resume without a path, got 'epoch_3.pth'"):
        run_stages(cfg)
