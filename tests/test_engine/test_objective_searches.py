"""Every objective inside a real run of MMEngine, on photographs."""

import copy
from pathlib import Path
from typing import Any, Callable

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmnas_mae.datasets import PhotoCrops
from mmnas_mae.engine import PredictionMetric
from mmnas_mae.registry import DATASETS
from mmnas_mae.spaces import load_genotype

LINEAR = dict(type='mmnas_mae.LinearHead')
LABEL_FREE = {
    'RotationSearch': dict(head=LINEAR),
    'ColorizationSearch': dict(head=dict(type='mmnas_mae.PixelHead')),
    'JigsawSearch': dict(head=LINEAR),
    'RandomLabelSearch': dict(head=dict(LINEAR, num_classes=7)),
}
SUPERVISED = {
    'ClassificationSearch': dict(head=dict(LINEAR, num_classes=7)),
    'MIMDARTS': dict(
        neck=dict(type='mmnas_mae.HierarchicalDecoder', channels=4),
        head=dict(type='mmnas_mae.MaskedReconstructionHead'),
        mask_generator=dict(type='mmnas_mae.PatchMaskGenerator', patch_size=4, ratio=0.5),
        cls_head=dict(LINEAR, num_classes=7),
    ),
}
OBJECTIVES = {**LABEL_FREE, **SUPERVISED}


class LabelTouchedError(Exception):
    """A label was read."""


class Sealed(dict):
    """A sample whose label may not be looked at."""

    def __getitem__(self, key: str) -> Any:
        if key == 'gt_label':
            raise LabelTouchedError
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self else default

    def values(self) -> Any:
        raise LabelTouchedError

    def items(self) -> Any:
        raise LabelTouchedError


@DATASETS.register_module()
class LabelledPhotos(PhotoCrops):
    """Crops whose label says from which of the seven photographs they are."""

    def get_data_info(self, idx: int) -> dict:
        info = super().get_data_info(idx)
        return dict(info, gt_label=int(self.boxes[int(self.data_list[idx])][0]))


@DATASETS.register_module()
class SealedPhotos(LabelledPhotos):
    """The same, with labels that raise when touched."""

    def get_data_info(self, idx: int) -> dict:
        return Sealed(super().get_data_info(idx))


def with_objective(cfg: Config, kind: str, dataset: str = 'LabelledPhotos') -> Config:
    """The search with another objective, on labelled data; only the supervised ones ask for the labels."""
    cfg = copy.deepcopy(cfg)
    backbone = cfg.model.backbone
    cfg.model = dict(type=f'mmnas_mae.{kind}', backbone=backbone, **copy.deepcopy(OBJECTIVES[kind]))
    cfg.val_evaluator = dict(type='mmnas_mae.PredictionMetric')
    cfg.train_dataloader.dataset.parts = [('weights', 0.0006), ('arch', 0.0004)]  # 11 and 7 crops
    cfg.val_dataloader.dataset.parts = [('heldout', 0.005)]
    for loader in (cfg.train_dataloader, cfg.val_dataloader):
        loader.dataset.dataset.type = f'mmnas_mae.{dataset}'
        loader.dataset.dataset.pipeline[-1].with_label = kind in SUPERVISED
    return cfg


@pytest.mark.parametrize('kind', LABEL_FREE)
def test_label_free_objectives_never_read_a_label(search_cfg: Config, run_search: Callable, kind: str) -> None:
    search_cfg.train_cfg.max_epochs = 1
    runner = run_search(with_objective(search_cfg, kind, 'SealedPhotos'))
    assert type(runner.model).__name__ == kind
    losses = runner.message_hub.get_scalar('train/loss').data[0]
    assert losses.size == runner.iter > 0


@pytest.mark.parametrize('kind', SUPERVISED)
def test_supervised_objectives_do(search_cfg: Config, run_search: Callable, kind: str) -> None:
    with pytest.raises(Exception, match='LabelTouchedError'):
        run_search(with_objective(search_cfg, kind, 'SealedPhotos'))


class Recorder(Hook):
    """Keeps the parameters around the first alpha step and the first weight step."""

    priority = 'LOWEST'

    def __init__(self) -> None:
        self.states: list[dict] = []

    def before_train(self, runner: Runner) -> None:
        self.states.append(copy.deepcopy(dict(runner.model.named_parameters())))

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        self.states.append(copy.deepcopy(dict(runner.model.named_parameters())))
        assert all(p.grad is None for p in runner.model.parameters())

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        self.states.append(copy.deepcopy(dict(runner.model.named_parameters())))
        raise StopIteration


@pytest.mark.parametrize('kind', OBJECTIVES)
def test_each_step_of_second_order_moves_its_own_parameters(search_cfg: Config, kind: str) -> None:
    """Those of first order are the matter of tests/test_configs/test_objective_configs.py."""
    cfg = with_objective(search_cfg, kind)
    cfg.default_hooks.bilevel.order = 2
    runner, recorder = Runner.from_cfg(cfg), Recorder()
    runner.register_hook(recorder)
    with pytest.raises(StopIteration):
        runner.train()
    start, after_alpha, after_weights = recorder.states
    alphas = {'backbone.arch.alphas.normal', 'backbone.arch.alphas.reduce'}
    assert {name for name in start if not torch.equal(start[name], after_alpha[name])} == alphas
    assert {name for name in start if not torch.equal(after_alpha[name], after_weights[name])} == set(start) - alphas


class Interrupt(Hook):
    """Ends the run in the middle of the second epoch, as a kill would."""

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        if runner.epoch == 1:
            raise KeyboardInterrupt


def test_a_resumed_search_equals_an_uninterrupted_one(search_cfg: Config, run_search: Callable) -> None:
    """Bit for bit; the puzzles have a generator of their own, the noise of S4 draws from the global one."""
    search_cfg.model.backbone.space = 'darts_s4'
    search_cfg.default_hooks.bilevel.order = 2
    whole = with_objective(search_cfg, 'JigsawSearch')
    broken = copy.deepcopy(whole)
    broken.work_dir += '_interrupted'
    run_search(whole)
    runner = Runner.from_cfg(copy.deepcopy(broken))
    runner.register_hook(Interrupt())
    with pytest.raises(KeyboardInterrupt):
        runner.train()
    torch.manual_seed(99)  # a new process would not have the old one's state
    broken.resume = True
    run_search(broken)
    first, second = (
        torch.load(Path(cfg.work_dir, 'epoch_2.pth'), weights_only=False)['state_dict'] for cfg in (whole, broken)
    )
    assert first.keys() == second.keys()
    assert all(torch.equal(value, second[name]) for name, value in first.items())
    genotypes = [load_genotype(Path(cfg.work_dir, 'genotype.json')) for cfg in (whole, broken)]
    assert genotypes[0].meta['score'] == genotypes[1].meta['score']


def test_the_score_of_any_objective_goes_into_the_genotype(search_cfg: Config, run_search: Callable) -> None:
    cfg = with_objective(search_cfg, 'ClassificationSearch')
    cfg.train_cfg.max_epochs = 1
    cfg.val_evaluator.score = 'loss'
    runner = run_search(cfg)
    model, results = runner.model.eval(), []
    with torch.no_grad():
        for batch in runner.val_dataloader:
            results.extend(model.val_step(batch))
    loss = sum(float(result.loss) for result in results) / len(results)
    accuracy = 100 * sum(float(result.correct) for result in results) / len(results)
    written = load_genotype(Path(cfg.work_dir, 'genotype.json')).meta['score']
    assert written == pytest.approx(-loss, rel=1e-5)
    for name, value in dict(mean=loss, accuracy=accuracy).items():
        logged = runner.message_hub.get_scalar(f'val/objective/{name}').current()
        assert logged == pytest.approx(value, rel=1e-5)


def test_the_metric_is_the_mean_over_images() -> None:
    for score, expected in (('accuracy', 62.5), ('loss', -2.0)):
        metric = PredictionMetric(score=score)
        metric.process(None, [dict(loss=torch.tensor(1.0), correct=torch.tensor(1.0))])
        metric.process(None, [dict(loss=torch.tensor(3.0), correct=torch.tensor(0.25))])
        assert metric.evaluate(2) == {'objective/mean': 2.0, 'objective/accuracy': 62.5, 'objective/score': expected}
    with pytest.raises(ValueError, match=r"PredictionMetric.score must be one of \('accuracy', 'loss'\), got 'top1'"):
        PredictionMetric(score='top1')


def test_pictures_are_drawn_of_what_reconstructs(search_cfg: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    for kind in ('MIMDARTS', 'ClassificationSearch'):
        cfg = with_objective(search_cfg, kind)
        cfg.train_cfg.max_epochs = 1
        runner = Runner.from_cfg(cfg)
        monkeypatch.setattr(
            runner.visualizer, 'add_image', lambda name, image, step, kind=kind: drawn.append((kind, image.shape[2]))
        )
        runner.train()
    assert drawn == [('MIMDARTS', 3)]
