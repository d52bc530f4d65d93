"""What is chosen for a folder and a machine, and how long a search will take."""

import math

import pytest
import torch
from awkward_images import picture
from mmengine.config import Config
from PIL import Image

from mmnas_mae.apis.own_images import ImageFacts
from mmnas_mae.planning import search_plan, step_time
from mmnas_mae.planning.machine import Machine, look_at_machine
from mmnas_mae.planning.search_plan import (
    choose_batch,
    choose_epochs,
    choose_patch,
    choose_size,
    choose_workers,
    duration,
    plan_search,
    work_of,
)
from mmnas_mae.planning.step_time import StepTime, measured_time, published_time
from mmnas_mae.spaces.verdict import DECIDED_RATIO
from mmnas_mae.utils.config import read_config
from mmnas_mae.utils.shipped import find_config

CPU, GPU = Machine('cpu', '2 cores', 2), Machine('cuda', 'a GPU', 16, 80 * 10**9)
NOTHING = dict.fromkeys(('size', 'patch_size', 'batch_size', 'epochs', 'workers'))
SMALL = {'model.backbone.space': 'darts_s2', 'model.backbone.init_channels': 2, 'model.backbone.layers': 3}


@pytest.fixture
def folder(tmp_path):
    for number in range(30):
        Image.fromarray(picture(40 + number % 3, 60, 3, seed=number)).save(tmp_path / f'{number}.png')
    return tmp_path


@pytest.mark.parametrize(
    'side, on_cpu, on_gpu',
    [(20, 32, 32), (47, 32, 32), (48, 32, 64), (95, 32, 64), (96, 96, 96), (150, 128, 128), (500, 128, 224)],
)
def test_the_size_follows_the_images_and_the_machine(side, on_cpu, on_gpu):
    facts = ImageFacts(3, side, [], [], count=100)
    assert [choose_size(facts, machine).value for machine in (CPU, GPU)] == [on_cpu, on_gpu]
    assert f'median shorter side {side} pixels' in choose_size(facts, CPU).reason


def test_patches_divide_every_size():
    assert [choose_patch(size).value for size in search_plan.SIDES] == [4, 4, 8, 8, 8, 8, 8]
    assert all(size % choose_patch(size).value == 0 for size in search_plan.SIDES)


def test_the_batch_leaves_steps_and_memory():
    assert [choose_batch(count, 32, CPU).value for count in (30, 150, 300, 1137, 1138, 50000)] == [8, 8, 16, 32, 64, 64]
    # 45 % of 1138 images are eight batches of 64.
    assert 0.45 * 1138 / 64 > 8 > 0.45 * 1137 / 64
    small = GPU._replace(memory=8 * 10**9)
    assert [choose_batch(50000, size, small).value for size in (32, 64, 128)] == [64, 16, 64]
    assert work_of(64, 16) * 5.06e9 < 0.7 * 8e9 < work_of(64, 32) * 5.06e9


def test_workers_share_the_cores():
    assert [choose_workers(CPU._replace(cores=cores)).value for cores in (1, 2, 3, 8, 64)] == [0, 1, 1, 4, 4]


def test_epochs_are_the_papers_more_or_fewer():
    assert choose_epochs(390, 1.0, 12) == (50, "the paper's")
    assert choose_epochs(40, 1.0, 12).value == 50
    assert choose_epochs(39, 1.0, 12).value == 52
    assert choose_epochs(1, 1.0, 12).value == 1000
    # An hour holds 25 epochs of 144 seconds.
    assert choose_epochs(390, 144.0, 1).value == 25
    assert choose_epochs(390, 10**6, 1).value == 10


def test_a_search_can_decide_in_the_steps_that_it_gets():
    cfg = Config.fromfile(find_config(search_plan.CONFIG))
    rate, rest = cfg.optim_wrapper.arch.optimizer.lr, cfg.default_hooks.bilevel.warmup_epochs
    fewest = math.log(DECIDED_RATIO) / (2 * rate) / (1 - rest)
    assert math.ceil(fewest) == 966
    assert fewest < search_plan.SEARCH_STEPS / 2


def test_work_is_counted_in_positions_of_the_features():
    assert [work_of(*pair) for pair in ((32, 64), (64, 64), (224, 64), (32, 16))] == [1, 4, 0.765625, 0.25]


def test_the_time_is_that_of_the_steps():
    # Three epochs of ten: weights alone.
    assert StepTime(2.0, 1.0, '').of_search(5, 10, 0.3) == pytest.approx(5 * (10 * 2.0 + 7 * 1.0))
    taken = published_time(2.0)
    assert taken.weights + taken.alpha == pytest.approx(0.21)
    assert 'H200' in taken.source
    assert [duration(seconds) for seconds in (59, 150, 7200, 200000)] == [
        '59 seconds', '2.5 minutes', '2.0 hours', '2.3 days',
    ]  # fmt: skip


def test_a_step_is_measured_and_leaves_the_random_state(folder):
    cfg = read_config(
        search_plan.CONFIG, {**SMALL, 'own_images.data_root': str(folder), 'train_dataloader.batch_size': 2}
    )
    before = torch.get_rng_state()
    taken = measured_time(cfg, 32)
    assert torch.equal(torch.get_rng_state(), before)
    assert taken.weights > 0
    assert taken.alpha > 0
    assert taken.source.startswith('measured on the processor: ')


def test_what_is_given_counts(folder, monkeypatch):
    monkeypatch.setattr(search_plan, 'measured_time', lambda cfg, size: StepTime(1.0, 1.0, 'measured'))
    plan = plan_search(folder, CPU, NOTHING, 12, SMALL)
    assert {name: choice.value for name, choice in plan.choices.items()} == {
        'device': 'cpu', 'size': 32, 'patch size': 4, 'batch': 8, 'workers': 1, 'epochs': 1000,
    }  # fmt: skip
    # Two steps of 8 of the 13 or 14 images.
    assert plan.seconds == pytest.approx(2 * 1000 * 1.7)
    lines = list(plan.lines())
    assert lines[1] == 'size        32     30 images, median shorter side 41 pixels'
    assert lines[-1] == 'time        about 56.7 minutes, measured; the log says `eta` as it goes'

    given = dict(NOTHING, batch_size=4, epochs=3, workers=0)
    plan = plan_search(folder, CPU, given, 12, {**SMALL, 'own_images.size': 64, 'train_dataloader.batch_size': 5})
    cfg = read_config(search_plan.CONFIG, plan.options)
    assert (cfg.train_dataloader.batch_size, cfg.val_dataloader.batch_size, cfg.train_dataloader.num_workers) == (
        5,
        4,
        0,
    )
    assert (cfg.train_cfg.max_epochs, cfg.train_cfg.val_interval) == (3, 3)
    assert cfg.train_dataloader.dataset.pipeline[0].scale == 64
    assert plan.choices['size'] == (64, 'given')


@pytest.mark.parametrize(
    'given, message',
    [
        (dict(epochs=0), 'epochs must be a whole number, at least 1, got 0'),
        (dict(workers=-1), 'workers must be a whole number, at least 0, got -1'),
        (dict(size=34), 'own_images.size must be a multiple of 4'),
    ],
)
def test_what_cannot_be_is_said(given, message, folder, monkeypatch):
    monkeypatch.setattr(search_plan, 'measured_time', lambda cfg, size: StepTime(1.0, 1.0, 'measured'))
    with pytest.raises(ValueError, match=message):
        plan_search(folder, CPU, {**NOTHING, **given}, 12)


def test_a_device_that_is_not_there_is_said():
    with pytest.raises(ValueError, match='device must be one of cpu, cuda, got'):
        look_at_machine('tpu')
    if not torch.cuda.is_available():
        assert look_at_machine('cpu').device == 'cpu'
        with pytest.raises(ValueError, match='torch sees no GPU'):
            look_at_machine('cuda')


def test_the_figures_of_a_gpu_are_those_of_the_page(repository):
    page = (repository / 'docs/speed.md').read_text()
    assert f'**{step_time.GPU_SECONDS:.3f}'.replace('0.', '.') in page
    assert f'S0 {step_time.GPU_BYTES / 1e9:.2f} GB' in page
    assert 'the alpha half is 1.6 s' in page
