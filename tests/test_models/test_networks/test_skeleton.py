"""Skeletons: which networks an architecture has, and stand-alone networks as encoders, of every space."""

import random

import pytest
import torch

from mmnas_mae.apis import build_backbone
from mmnas_mae.models import MaskedBatchNorm2d, PatchMaskGenerator, Visibility
from mmnas_mae.spaces import get_space

MACROS = {
    'darts_s0': dict(init_channels=4, layers=3),
    'nasbench201': dict(init_channels=4, cells_per_stage=1),
    'nasbench101': dict(stem_channels=8, num_modules_per_stack=1),
    'transnas101_micro': dict(init_channels=4),
    'transnas101_macro': dict(init_channels=4),
}


def build(space):
    torch.manual_seed(0)
    return build_backbone(get_space(space).random_genotype(random.Random(3)), **MACROS[space])


def masked_images(coarsest):
    images = torch.randn(4, 3, 4 * coarsest, 4 * coarsest)
    mask = PatchMaskGenerator(coarsest, 0.5)(images)
    return images * (1 - mask), mask


@pytest.mark.parametrize('space', MACROS)
def test_masked_positions_are_hidden_from_every_normalisation_and_feature(space):
    child = build(space)
    images, mask = masked_images(child.out_strides[-1])
    visible, checked = Visibility(mask), []

    def check(module, args, output):
        hidden = (1 - args[1].at(output)).bool().expand_as(output)
        assert hidden.any()
        assert not output[hidden].any()
        checked.append(module)

    norms = [module for module in child.modules() if isinstance(module, MaskedBatchNorm2d)]
    for norm in norms:
        torch.nn.init.constant_(norm.bias, 0.3)
    dense = child(images)
    for norm in norms:
        norm.register_forward_hook(check)
    features = child(images, visible)
    assert len(checked) >= len(norms)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) and module not in norms for module in child.modules())
    for feature, other in zip(features, dense):
        seen = visible.at(feature)
        assert not (feature * (1 - seen)).any()
        assert (other * (1 - seen)).any()
        assert not torch.allclose(feature * seen, other * seen)


@pytest.mark.parametrize('space', MACROS)
def test_visible_features_have_the_statistics_of_visible_positions(space):
    """The first normalisation of each network: mean 0 and variance 1 where visible, unlike without the mask."""
    child = build(space)
    images, mask = masked_images(child.out_strides[-1])
    visible, seen = Visibility(mask), []
    first = next(module for module in child.modules() if isinstance(module, MaskedBatchNorm2d))
    first.register_forward_hook(lambda module, args, output: seen.append(output.detach()))
    child(images, visible)
    values = seen[0].transpose(0, 1)[:, visible.at(seen[0])[:, 0] == 1]
    torch.testing.assert_close(values.mean(1), torch.zeros(len(values)), rtol=0, atol=1e-4)
    torch.testing.assert_close(values.var(1, correction=0), torch.ones(len(values)), rtol=0, atol=1e-2)


@pytest.mark.parametrize('space', MACROS)
def test_without_a_mask_nothing_changes(space):
    child = build(space).eval()
    images = torch.randn(2, 3, 4 * child.out_strides[-1], 4 * child.out_strides[-1])
    everything = Visibility(torch.zeros(2, 1, *images.shape[2:]))
    with torch.no_grad():
        for plain, masked in zip(child(images), child(images, everything)):
            torch.testing.assert_close(masked, plain, rtol=1e-4, atol=1e-5)
