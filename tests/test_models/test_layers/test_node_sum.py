"""The sum of a node: its definition against nn.BatchNorm2d, numerical derivatives and double precision."""

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from mmnas_mae.models.layers.node_sum import node_sum

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


@pytest.mark.parametrize('layout', LAYOUTS)
@pytest.mark.parametrize('affine', [False, True])
def test_it_is_the_weighted_sum_of_the_batch_normalised_maps(affine, layout):
    maps, weights = make_node(4, layout=layout)
    norms = [nn.BatchNorm2d(4, affine=affine, momentum=1.0).double() for _ in range(3)]
    scale, shift = make_parameters(3, 4) if affine else (None, None)
    for k, norm in enumerate(norms if affine else []):
        norm.weight.data.copy_(scale[k].detach())
        norm.bias.data.copy_(shift[k].detach())
    wanted = sum(w * norm(x) for w, norm, x in zip(weights, norms, maps)) + weights[3] * maps[3]
    node = node_sum(maps, weights, 3, scale, shift)
    torch.testing.assert_close(node.value, wanted)
    torch.testing.assert_close(node.means, torch.stack([norm.running_mean for norm in norms]))
    torch.testing.assert_close(node.variances, torch.stack([norm.running_var for norm in norms]))
    # The squares, since the sum of a normalised map does not depend on it.
    of_node = torch.autograd.grad(node.value.square().sum(), [weights, *maps])
    for got, other in zip(of_node, torch.autograd.grad(wanted.square().sum(), [weights, *maps])):
        torch.testing.assert_close(got, other)


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


@pytest.mark.parametrize('dtype, bound', [(torch.float32, 1e-6), (torch.bfloat16, 5e-3)])
def test_far_from_zero_it_is_as_precise_as_its_type(dtype, bound):
    maps, weights = make_node(4, (8, 3, 16, 16), dtype)
    node = node_sum(maps, weights.float())
    wanted = node_sum([x.double() for x in maps], weights.double())
    assert node.value.dtype == dtype
    assert (node.value - wanted.value).abs().max() < bound * wanted.value.abs().max()
    torch.testing.assert_close(node.variances.double(), wanted.variances, rtol=1e-6, atol=0)


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
