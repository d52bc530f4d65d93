"""The auxiliary classifier where DARTS' own would fail: small images, a last batch of one."""

import pytest
import torch
from mmengine.registry import init_default_scope

from mmnas_mae.models import AuxiliaryHead


def head(stem):
    init_default_scope('mmpretrain')
    main = dict(type='LinearClsHead', loss=dict(type='CrossEntropyLoss'))
    return AuxiliaryHead(main, in_channels=(8, 16), num_classes=3, stem=stem)


@pytest.mark.parametrize('stem, side', [('cifar', 8), ('imagenet', 7)])
def test_on_features_of_its_size_it_pools_as_darts_does(stem, side):
    torch.manual_seed(0)
    auxiliary = head(stem).eval().auxiliary
    x = torch.randn(2, 8, side, side)
    darts = torch.nn.AvgPool2d(5, stride=3 if stem == 'cifar' else 2, count_include_pad=False)
    assert torch.equal(auxiliary[1](x), darts(x))
    assert auxiliary[1](x).shape[2:] == (2, 2)


@pytest.mark.parametrize('stem', ['cifar', 'imagenet'])
@pytest.mark.parametrize('side', [1, 2, 4, 5, 7])
def test_smaller_features_have_scores_and_gradients(stem, side):
    auxiliary = head(stem).auxiliary
    x = torch.randn(4, 8, side, side, requires_grad=True)
    scores = auxiliary(x)
    assert scores.shape == (4, 3)
    scores.sum().backward()
    assert torch.isfinite(x.grad).all()


def test_one_image_is_normalised_by_what_was_seen_before():
    auxiliary = head('cifar').auxiliary
    for _ in range(30):
        auxiliary(torch.randn(16, 8, 8, 8))
    x = torch.randn(1, 8, 8, 8)
    norm = auxiliary[6]
    kept = norm.running_mean.clone()
    scores = auxiliary.train()(x)
    assert torch.isfinite(scores).all()
    # One image says nothing of how images vary.
    assert torch.equal(norm.running_mean, kept)
    feature = torch.randn(1, 768, 1, 1)
    torch.testing.assert_close(norm.train()(feature), norm.eval()(feature))
