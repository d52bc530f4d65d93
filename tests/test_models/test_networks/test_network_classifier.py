"""The trainer of stand-alone networks, against cross entropies by hand."""

import pytest
import torch
import torch.nn.functional as F
from mmdet.structures import DetDataSample
from mmengine.registry import init_default_scope
from mmengine.structures import PixelData
from mmpretrain.structures import DataSample
from torch import nn

from mmnas_mae.apis import build_network
from mmnas_mae.models import NetworkClassifier

ARCH = '64-41414-1_02_333'


class Table(nn.Module):
    """Gives the logits it was made with."""

    def __init__(self, logits):
        super().__init__()
        self.logits = nn.Parameter(logits)

    def forward(self, x):
        return self.logits


def pixel_samples(labels, img_shape, ori_shape):
    samples = []
    for label in labels:
        sample = DetDataSample(metainfo=dict(img_shape=img_shape, ori_shape=ori_shape))
        sample.gt_sem_seg = PixelData(sem_seg=label[None])
        samples.append(sample)
    return samples


@pytest.mark.parametrize('smooth', [0.0, 0.1])
def test_the_loss_of_images(smooth):
    logits = torch.randn(4, 5, dtype=torch.double)
    labels = torch.tensor([0, 4, 2, 2])
    model = NetworkClassifier(Table(logits), label_smooth=smooth)
    samples = [DataSample().set_gt_label(label) for label in labels]
    loss = model(torch.zeros(4, 3, 8, 8), samples, mode='loss')['loss']
    logs = logits - logits.exp().sum(1, keepdim=True).log()
    right = logs[range(4), labels]
    torch.testing.assert_close(loss, -((1 - smooth) * right + smooth * logs.mean(1)).mean())
    predicted = model(torch.zeros(4, 3, 8, 8), samples, mode='predict')
    for row, sample in zip(logits, predicted):
        torch.testing.assert_close(sample.pred_score, row.softmax(0))
        assert sample.pred_label.tolist() == [int(row.argmax())]
    assert model(torch.zeros(4, 3, 8, 8)) is model.network.logits


def test_the_loss_of_pixels_leaves_out_what_is_ignored():
    logits = torch.randn(2, 3, 4, 6, dtype=torch.double)
    labels = torch.randint(0, 3, (2, 4, 6))
    labels[0, :, 3:] = 255
    labels[1, 0] = 255
    model = NetworkClassifier(Table(logits))
    loss = model(torch.zeros(2, 3, 4, 6), pixel_samples(labels.byte(), (4, 6), (4, 6)), mode='loss')['loss']
    total = count = 0
    for b in range(2):
        for i in range(4):
            for j in range(6):
                if labels[b, i, j] != 255:
                    total += -logits[b, :, i, j].log_softmax(0)[labels[b, i, j]]
                    count += 1
    torch.testing.assert_close(loss, total / count)


def test_labels_of_pixels_are_those_of_the_unpadded_image_in_its_own_size():
    logits = torch.full((1, 3, 8, 8), -1.0)
    # Class 1 left and class 2 right in the image of 4 x 6, class 0 in the padding
    logits[0, 0] = 5.0
    logits[0, 0, :4, :6] = -1.0
    logits[0, 1, :4, :3] = 1.0
    logits[0, 2, :4, 3:6] = 1.0
    samples = pixel_samples(torch.zeros(1, 8, 12), (4, 6), (8, 12))
    (sample,) = NetworkClassifier(Table(logits))(torch.zeros(1, 3, 8, 8), samples, mode='predict')
    labels = sample.pred_sem_seg.sem_seg
    assert labels.shape == (1, 8, 12)
    assert torch.equal(labels[0], torch.tensor([1] * 6 + [2] * 6).expand(8, 12))
    assert sample.to_dict()['pred_sem_seg']['ignore_index'] == 255


def test_it_trains_any_network_with_the_preprocessor_of_the_host():
    init_default_scope('mmpretrain')
    config = dict(num_classes=5, mean=[128.0] * 3, std=[64.0] * 3)
    kept = dict(config)
    network = dict(type='mmnas_mae.TransNASNetwork', genotype=ARCH, num_classes=5, init_channels=4)
    model = NetworkClassifier(network, data_preprocessor=config)
    assert config == kept
    data = dict(inputs=torch.full((2, 3, 32, 32), 192.0), data_samples=[DataSample().set_gt_label(i) for i in (1, 3)])
    batch = model.data_preprocessor(data, training=True)
    assert torch.equal(batch['inputs'], torch.ones(2, 3, 32, 32))
    loss = model(**batch, mode='loss')['loss']
    expected = F.cross_entropy(model.network(batch['inputs']), torch.tensor([1, 3]))
    torch.testing.assert_close(loss, expected)
    loss.backward()
    assert all(p.grad is not None for p in model.parameters())
    other = NetworkClassifier(build_network('darts', 'DARTS_V1', 5, init_channels=4, layers=3))
    assert other(torch.randn(2, 3, 16, 16)).shape == (2, 5)
