"""Partial channel connection and edge normalisation (PC-DARTS)."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from mmnas_mae.models import (
    MAENAS,
    CellArchitecture,
    CellWeights,
    DARTSSupernet,
    MixedOp,
    NASBench201Supernet,
    OpArgs,
    PartialMixedOp,
    TransNASSupernet,
)
from mmnas_mae.models.layers.cell_state import CellState
from mmnas_mae.models.layers.node import add_up
from mmnas_mae.spaces import DARTS_OPS


def connection(portion: int) -> dict:
    return dict(type='mmnas_mae.PartialMixedOp', portion=portion)


def count(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize(
    'stem, portion, classes, expected', [('cifar', 4, 10, 299_578), ('imagenet', 2, 1000, 956_512)]
)
def test_parameters_are_the_published_ones(stem: str, portion: int, classes: int, expected: int) -> None:
    """With the classifier that the published network has, architecture parameters not counted."""
    net = DARTSSupernet('s0', stem=stem, connection=connection(portion), edge_norm=True)
    assert count(net) - count(net.arch) + 256 * classes + classes == expected


@pytest.mark.parametrize('stride', [1, 2])
def test_output_channel_by_channel(stride: int) -> None:
    """Output channel K * i + g is channel i of group g: group 0 mixed, the others passed by."""
    portion, channels = 4, 8
    args = OpArgs(channels, channels, stride, affine=False, searched=True)
    mixed = PartialMixedOp(DARTS_OPS, args, portion).double()
    x = torch.randn(3, channels, 8, 8, dtype=torch.float64)
    weights = torch.rand(8, dtype=torch.float64)
    out = mixed(x, weights)
    inner = add_up(MixedOp.terms(mixed, CellState(x[:, : channels // portion]), weights.unbind()))
    for c in range(channels):
        group, place = c % portion, c // portion
        if group == 0:
            expected = inner[:, place]
        else:
            passed = x[:, group * channels // portion + place]
            expected = passed if stride == 1 else F.max_pool2d(passed, 2, 2)
        assert torch.equal(out[:, c], expected)


def test_all_channels_searched_equals_the_full_connection() -> None:
    args = OpArgs(4, 4, 1, affine=False, searched=True)
    partial, full = PartialMixedOp(DARTS_OPS, args, portion=1), MixedOp(DARTS_OPS, args)
    partial.load_state_dict(full.state_dict())
    x, weights = torch.randn(2, 4, 6, 6), torch.rand(8)
    assert torch.equal(partial(x, weights), full(x, weights))


def test_edge_factors_are_a_softmax_over_the_edges_of_each_node() -> None:
    arch = CellArchitecture('s0', edge_norm=True, init_std=1.0)
    factors = arch.edge_weights()['normal']
    beta = arch.betas['normal']
    starts = [0, 2, 5, 9, 14]
    for a, b in zip(starts, starts[1:]):
        expected = beta[a:b].exp() / beta[a:b].exp().sum()
        torch.testing.assert_close(factors[a:b], expected)
    strengths = arch.strengths()['normal']
    torch.testing.assert_close(strengths, arch.weights()['normal'] * factors.unsqueeze(1))
    assert CellArchitecture('s0').edge_weights() == {}


def test_derivation_ranks_edges_by_the_product() -> None:
    """Alpha alike on all edges: beta alone decides which two edges a node keeps."""
    arch = CellArchitecture('s0', edge_norm=True, init_std=0.0)
    with torch.no_grad():
        arch.alphas['normal'][:, 4] = 1.0
        arch.betas['normal'][torch.tensor([9 + 1, 9 + 3])] = 2.0
    last = arch.genotype().cells['normal'].nodes[3]
    assert last == (('sep_conv_3x3', 1), ('sep_conv_3x3', 3))


@pytest.mark.parametrize('masking', ['input', 'sparse'])
@pytest.mark.parametrize('backbone', ['DARTSSupernet', 'NASBench201Supernet'])
def test_alpha_and_beta_receive_gradients(backbone: str, masking: str) -> None:
    sizes = dict(DARTSSupernet=dict(layers=3), NASBench201Supernet=dict(cells_per_stage=1))[backbone]
    model = MAENAS(
        backbone=dict(type=f'mmnas_mae.{backbone}', init_channels=4, connection=connection(2), edge_norm=True, **sizes),
        neck=dict(type='mmnas_mae.HierarchicalDecoder'),
        head=dict(type='mmnas_mae.MaskedReconstructionHead'),
        mask_generator=dict(type='mmnas_mae.PatchMaskGenerator', patch_size=4, ratio=0.5),
        masking=masking,
    )
    parameters = model.arch_parameters()
    assert len(parameters) == 2 * len(model.arch.space.cells)
    for p in parameters:
        p.requires_grad_(True)
    loss = model(torch.randn(2, 3, 16, 16), mode='loss')['loss']
    for grad in torch.autograd.grad(loss, parameters):
        assert bool(grad.isfinite().all())
        assert float(grad.abs().sum()) > 0


def test_factors_scale_what_passes_by_too() -> None:
    """An edge with factor zero contributes nothing, not even the channels that pass by."""
    net = NASBench201Supernet(init_channels=4, cells_per_stage=1, connection=connection(2), edge_norm=True)
    x = torch.randn(2, 3, 8, 8)
    weights = net.arch.weights()['cell']
    first = net.forward_stages(x, CellWeights(weights, torch.zeros(6)))[0]
    assert not first.any()
    halves = net.forward_stages(x, CellWeights(weights, torch.full((6,), 0.5)))[0]
    assert halves.any()


@pytest.mark.parametrize('portion', [0, 3])
def test_a_portion_that_does_not_divide_is_named(portion: int) -> None:
    with pytest.raises(ValueError, match=f'connection.portion must divide the 4 channels of an edge, got {portion}'):
        PartialMixedOp(DARTS_OPS, OpArgs(4, 4), portion)


def test_an_edge_that_changes_channels_is_refused() -> None:
    with pytest.raises(ValueError, match='this edge goes from 64 to 128'):
        TransNASSupernet(connection=connection(4))
