"""RetinaNet on real images of COCO: from a classifier's checkpoint to boxes, by the tools of this package."""

import json
import subprocess
import sys

import cv2
import pytest
import torch

CONFIG = 'detection/retinanet_genotype_fpn_1x_coco.py'
#: A detector in seconds; the strides, anchors and losses are mmdet's.
SMALL = [
    'model.neck.in_channels=[32,64,128]',
    'model.neck.out_channels=64',
    'model.bbox_head.in_channels=64',
    'model.bbox_head.feat_channels=64',
    'model.bbox_head.stacked_convs=2',
]


def schedule(epochs, decay):
    return [
        f'train_cfg.max_epochs={epochs}',
        f'train_cfg.val_interval={decay}',
        'optim_wrapper.optimizer.lr=0.02',
        'optim_wrapper.clip_grad.max_norm=5',
        'param_scheduler.0.end=20',
        f'param_scheduler.1.end={epochs}',
        f'param_scheduler.1.milestones=[{decay}]',
        f'default_hooks.checkpoint.interval={decay}',
        'log_level=ERROR',
    ]


@pytest.fixture(scope='module')
def options(tiny, coco, classifier):
    return [*tiny, *SMALL, *coco, f'model.backbone.init_cfg.checkpoint={classifier}']


@pytest.fixture(scope='module')
def overfit(launch, options, seed, tmp_path_factory):
    """A runner that has learnt four images by heart, in 120 steps.

    Over seeds, thread counts and instruction sets the mean loss of the last tenth is .02 to .03 of that of the first,
    and both average precisions are .9 or more; an untrained detector has none. The criteria leave a wide margin.
    """
    torch.manual_seed(seed)
    # The statistics of so short a training of the classifier are those of nothing.
    free = ['model.backbone.frozen_stages=-1', 'model.backbone.norm_eval=False']
    runner = launch(CONFIG, tmp_path_factory.mktemp('detector'), [*options, *free, *schedule(120, 100)])
    # No box of it may be worth a look at all, and then nothing is measured.
    assert runner.test().get('coco/bbox_mAP_50', 0.0) < 0.05
    runner.train()
    return runner


def test_the_backbone_starts_from_the_classifier(launch, options, classifier, tmp_path):
    runner = launch(CONFIG, tmp_path, [*options, *schedule(2, 2)])
    wanted = torch.load(classifier, weights_only=False)['state_dict']
    wanted = {name: value for name, value in wanted.items() if name.startswith('backbone.')}
    fresh = runner.model.state_dict()
    assert wanted.keys() == {name for name in fresh if name.startswith('backbone.')}
    runner.train()
    # As configured: the stem is frozen, and so are all statistics; the rest of the backbone has moved.
    now = runner.model.state_dict()
    moved = {name for name, value in wanted.items() if not torch.equal(now[name], value)}
    assert moved == {name for name, _ in runner.model.named_parameters() if name.startswith('backbone.cells.')}
    assert not runner.model.backbone.stem0[0].weight.requires_grad


def test_a_resumed_training_ends_as_one_in_one_go(launch, options, tmp_path):
    runs = []
    for name, parts in dict(whole=[4], parts=[2, 4]).items():
        for epochs in parts:
            # The same schedule in every part
            settings = [*schedule(4, 2), f'train_cfg.max_epochs={epochs}', 'train_dataloader.batch_size=2']
            flags = ['--resume'] if epochs != parts[0] else []
            runner = launch(CONFIG, tmp_path / name, [*options, *settings], *flags)
            runner.train()
        runs.append(runner)
    whole, resumed = runs
    assert whole.iter == resumed.iter == 8
    for name, value in whole.model.state_dict().items():
        torch.testing.assert_close(resumed.model.state_dict()[name], value, rtol=0, atol=0, msg=name)


def test_it_overfits_four_images(overfit):
    losses, _ = overfit.message_hub.get_scalar('train/loss').data
    assert len(losses) == 120
    assert sum(losses[-12:]) < 0.3 * sum(losses[:12])
    metrics = overfit.test()
    assert metrics['coco/bbox_mAP_50'] > 0.4
    # Boxes that fit, not only boxes that touch
    assert metrics['coco/bbox_mAP_75'] > 0.3


def test_the_tool_prints_the_average_precision_and_draws(overfit, options, repository, tmp_path):
    tool = [sys.executable, 'tools/test.py', f'configs/{CONFIG}', f'{overfit.work_dir}/epoch_120.pth']
    draw = ['default_hooks.visualization.draw=True', 'default_hooks.visualization.test_out_dir=drawn']
    tool += ['--work-dir', str(tmp_path), '--out', str(tmp_path / 'metrics.json'), '--cfg-options', *options, *draw]
    out = subprocess.run(tool, cwd=repository, capture_output=True, text=True, check=True).stdout
    metrics = json.loads((tmp_path / 'metrics.json').read_text())
    assert metrics['coco/bbox_mAP_50'] > 0.4
    printed = [line for line in out.splitlines() if 'Average Precision  (AP) @[ IoU=0.50 ' in line]
    assert float(printed[0].split('=')[-1]) == pytest.approx(metrics['coco/bbox_mAP_50'], abs=1e-3)
    drawn = sorted(tmp_path.glob('*/drawn/*.jpg'))
    assert len(drawn) == 4
    for path in drawn:
        # The annotated image beside the predicted one
        left, right = _halves(cv2.imread(str(path)).astype(float))
        assert left.shape == right.shape
        assert 0 < abs(left - right).mean() < 60


def _halves(image):
    half = image.shape[1] // 2
    return image[:, :half], image[:, half : 2 * half]
