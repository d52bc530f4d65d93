"""The sum of a node: its definition against the formula, numerical derivatives and double precision."""

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from mmnas_mae.models.kernels.node_sum import node_sum

LAYOUTS = [torch.contiguous_format, torch.channels_last]


def make_node(count, shape=(3, 4, 5, 5), dtype=torch.float64, layout=torch.contiguous_format):
    generator = torch.Generator().manual_seed(0)
    # Every second map lies far from zero, where squares of single precision cancel.
    maps = [torch.randn(shape, generator=generator, dtype=dtype) + 10 * (k % 2) for k in range(count)]
    weights = torch.rand(count, generator=generator, dtype=dtype).requires_grad_()
    return [x.contiguous(memory_format=layout).requires_grad_() for x in maps], weights


def make_parameters(normalized, channels, dtype=torch.float64):
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(normalized, channels, generator=generator, dtype=dtype).requires_grad_() for _ in range(2)]


def normalize(x, scale=1.0, shift=0.0, eps=1e-5):
    centred = x - x.mean((0, 2, 3), keepdim=True)
    return centred / (centred.square().mean((0, 2, 3), keepdim=True) + eps).sqrt() * scale + shift


@pytest.mark.parametrize('layout', LAYOUTS)
@pytest.mark.parametrize('affine', [False, True])
def test_it_is_the_weighted_sum_of_the_normalised_maps(affine, layout):
    maps, weights = make_node(4, layout=layout)
    scale, shift = make_parameters(3, 4) if affine else (None, None)
    norms = [normalize(x, *(p[k].view(1, -1, 1, 1) for p in (scale, shift) if affine)) for k, x in enumerate(maps[:3])]
    wanted = sum(w * x for w, x in zip(weights, [*norms, maps[3]]))
    value = node_sum(maps, weights, 3, scale, shift).value
    torch.testing.assert_close(value, wanted)
    inputs = [weights, *maps, *([scale, shift] if affine else [])]
    # The squares, since the sum of a normalised map does not depend on it.
    of_value = torch.autograd.grad(value.square().sum(), inputs)
    for got, other in zip(of_value, torch.autograd.grad(wanted.square().sum(), inputs)):
        torch.testing.assert_close(got, other)


def test_its_statistics_are_those_that_a_batch_norm_keeps():
    maps, weights = make_node(3)
    norms = [nn.BatchNorm2d(4, momentum=1.0).double() for _ in range(2)]
    for norm, x in zip(norms, maps):
        norm(x)
    node = node_sum(maps, weights, 2)
    torch.testing.assert_close(node.means, torch.stack([norm.running_mean for norm in norms]))
    torch.testing.assert_close(node.variances, torch.stack([norm.running_var for norm in norms]))


def test_its_first_and_second_derivatives_are_those_of_finite_differences():
    maps, weights = make_node(3, (2, 2, 2, 1))
    scale, shift = make_parameters(2, 2)

    def value(weights, scale, shift, *maps):
        return node_sum(maps, weights, 2, scale, shift, eps=0.1).value

    assert torch.autograd.gradcheck(value, (weights, scale, shift, *maps))
    assert torch.autograd.gradgradcheck(value, (weights, scale, shift, *maps))


def test_samples_may_keep_different_parts_of_each_map():
    maps, weights = make_node(3)
    kept = torch.tensor([[1.0, 0.0, 2.0], [0.0, 1.0, 1.0], [1.0, 1.0, 0.0]], dtype=torch.float64)
    node = node_sum(maps, weights, 2, kept=kept)
    for sample in range(3):
        alone = node_sum(maps, weights * kept[sample], 2)
        torch.testing.assert_close(node.value[sample], alone.value[sample])


def test_maps_that_are_not_normalised_have_no_statistics():
    maps, weights = make_node(2)
    node = node_sum(maps, weights, 0)
    torch.testing.assert_close(node.value, weights[0] * maps[0] + weights[1] * maps[1])
    assert node.means.shape == node.variances.shape == (0, 4)


@pytest.mark.parametrize('dtype, bound', [(torch.float32, 1e-6), (torch.bfloat16, 1e-2)])
def test_far_from_zero_it_is_as_precise_as_its_type(dtype, bound):
    maps, weights = make_node(4, (8, 3, 16, 16), dtype)
    node = node_sum(maps, weights.float())
    wanted = node_sum([x.double() for x in maps], weights.double())
    assert node.value.dtype == dtype
    assert (node.value - wanted.value).abs().max() < bound * wanted.value.abs().max()
    torch.testing.assert_close(node.variances.double(), wanted.variances, rtol=1e-5, atol=0)


def test_no_number_is_read_back():
    class NoReadBack(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            assert func.overloadpacket is not torch.ops.aten._local_scalar_dense
            return func(*args, **(kwargs or {}))

    maps, weights = make_node(3)
    with NoReadBack():
        value = node_sum(maps, weights, 2).value
        torch.autograd.grad(value, [weights, *maps], value.detach())


def test_one_value_per_channel_has_no_variance():
    maps, weights = make_node(2, (1, 4, 1, 1))
    with pytest.raises(ValueError, match=r'more than one value per channel, got \(1, 4, 1, 1\)'):
        node_sum(maps, weights)
    assert node_sum(maps, weights, 0).value.shape == (1, 4, 1, 1)
