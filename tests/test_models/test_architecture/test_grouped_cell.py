"""What leaves one state of a cell is computed together: the numbers are those of the plain execution."""

import copy
from typing import Optional

import pytest
import torch
from torch import Tensor, nn

from mmnas_mae.models import (
    Cell,
    DARTSSupernet,
    DepthwiseConv2d,
    MaskedBatchNorm2d,
    MixedOp,
    NASBench201Supernet,
    PatchMaskGenerator,
)
from mmnas_mae.models.kernels.weighted_sum import weighted_sum
from mmnas_mae.models.layers.cell_state import CellState
from mmnas_mae.models.layers.masked_norm import Visibility
from mmnas_mae.models.layers.ops import OpArgs, Pool, ReLUConvBN, build_op
from mmnas_mae.spaces import DARTS_OPS

RELAXATIONS = ['Softmax', 'Sigmoid', 'Gumbel', 'Concrete', 'UniformPath', 'TopTwo']
CONNECTIONS = [
    dict(),
    dict(connection=dict(type='mmnas_mae.PartialMixedOp', portion=2), edge_norm=True),
    dict(connection=dict(type='mmnas_mae.AuxiliarySkipMixedOp')),
    dict(connection=dict(type='mmnas_mae.SkipDropoutMixedOp')),
]


def run(net: nn.Module, visible: Optional[Visibility], grouped: bool) -> tuple[list[Tensor], dict[str, Tensor]]:
    """Features and gradients of all parameters, then the buffers, of one training step."""
    net = copy.deepcopy(net)
    for module in net.modules():
        if isinstance(module, Cell):
            module.grouped = grouped
    torch.manual_seed(1)
    images = torch.randn(2, 3, 16, 16, dtype=torch.float64)
    features = net(images, visible)
    loss = sum((x * torch.randn(x.shape, dtype=x.dtype)).sum() for x in features)
    grads = torch.autograd.grad(loss, list(net.parameters()), allow_unused=True)
    return [*features, *(g for g in grads if g is not None)], dict(net.named_buffers())


def check(net: nn.Module, sparse: bool) -> None:
    mask = PatchMaskGenerator(patch_size=4, ratio=0.5)(torch.zeros(2, 3, 16, 16, dtype=torch.float64))
    visible = Visibility(mask) if sparse else None
    (plain, plain_buffers), (grouped, grouped_buffers) = (run(net, visible, grouped) for grouped in (False, True))
    assert len(plain) == len(grouped) > 10
    for expected, got in zip(plain, grouped):
        torch.testing.assert_close(got, expected, rtol=1e-8, atol=1e-9)
    assert list(plain_buffers) == list(grouped_buffers)
    for name, expected in plain_buffers.items():
        torch.testing.assert_close(grouped_buffers[name], expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize('sparse', [False, True], ids=['input', 'sparse'])
@pytest.mark.parametrize('settings', CONNECTIONS, ids=['full', 'partial', 'auxiliary', 'dropout'])
def test_connections_give_the_numbers_of_the_plain_execution(
    settings: dict, sparse: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is dropped depends on the order of a map in memory, which differs.
    monkeypatch.setattr(torch.nn.functional, 'dropout', lambda x, p, training: x * (x > 0) / (1 - p))
    net = DARTSSupernet('darts_s0', init_channels=4, layers=3, **settings).double()
    for module in net.modules():
        if hasattr(module, 'dropout') and isinstance(module.dropout, float):
            module.dropout = 0.5
    check(net, sparse)


@pytest.mark.parametrize('relaxation', RELAXATIONS)
def test_relaxations_give_the_numbers_of_the_plain_execution(relaxation: str) -> None:
    check(DARTSSupernet('s3', 2, 3, relaxation=dict(type=f'mmnas_mae.{relaxation}Relaxation')).double(), False)


def test_drop_path_and_benchmark_cells_too() -> None:
    net = DARTSSupernet('s1', init_channels=2, layers=3).double()
    net.drop_path_prob = 0.4
    check(net, False)
    check(NASBench201Supernet(init_channels=2, cells_per_stage=1).double(), True)


def test_a_shared_step_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = dict(relu=0, max_pool2d=0, batch_norm=0)
    for name in calls:
        original = getattr(torch.nn.functional, name)

        def counted(*args, _name: str = name, _original=original, **kwargs):
            calls[_name] += 1
            return _original(*args, **kwargs)

        monkeypatch.setattr(torch.nn.functional, name, counted)
    args = OpArgs(4, 4, affine=False, searched=True)
    ops = [build_op(name, args) for _ in range(3) for name in ('max_pool_3x3', 'dil_conv_3x3')]
    source = CellState(torch.randn(2, 4, 8, 8))
    outputs = [source.run(op) for op in ops]
    # three normalisations after the convolutions, one after the pooling
    assert calls == dict(relu=1, max_pool2d=1, batch_norm=4)
    assert outputs[0] is outputs[2]
    # each pooling keeps its own running statistics
    assert ops[0].bn.running_var is not ops[2].bn.running_var
    torch.testing.assert_close(ops[0].bn.running_var, ops[2].bn.running_var)
    assert int(ops[4].bn.num_batches_tracked) == 1


def test_strides_and_running_statistics_are_not_mixed_up() -> None:
    x = torch.randn(2, 4, 8, 8)
    one, two = (build_op('avg_pool_3x3', OpArgs(4, 4, stride, affine=False, searched=True)) for stride in (1, 2))
    source = CellState(x)
    assert source.run(one).shape[2:] == (8, 8)
    assert source.run(two).shape[2:] == (4, 4)
    first, second = (build_op('avg_pool_3x3', OpArgs(4, 4, affine=False, searched=True)).eval() for _ in range(2))
    second.bn.running_mean.fill_(1.0)
    source = CellState(x)
    torch.testing.assert_close(source.run(first) - source.run(second), torch.full_like(x, 1 / (1 + 1e-5) ** 0.5))


@pytest.mark.parametrize('momentum', [0.1, None])
def test_shared_statistics_are_those_of_the_layer_itself(momentum: Optional[float]) -> None:
    alone, shared = (MaskedBatchNorm2d(3, affine=False, momentum=momentum) for _ in range(2))
    for _ in range(2):
        x = torch.randn(4, 3, 5, 5) * 3 + 2
        normalized, mean, var = shared.normalized(x)
        shared.update(mean, var)
        torch.testing.assert_close(normalized, alone(x))
    for name, value in alone.named_buffers():
        torch.testing.assert_close(dict(shared.named_buffers())[name], value)


def test_weighted_sum_and_its_derivatives() -> None:
    weights = torch.rand(3, dtype=torch.float64, requires_grad=True)
    maps = [torch.randn(2, 2, 3, 3, dtype=torch.float64, requires_grad=True) for _ in range(4)]
    maps[2] = maps[2].detach().to(memory_format=torch.channels_last).requires_grad_()

    def total(weights: Tensor, *maps: Tensor) -> Tensor:
        return weighted_sum([*zip(weights.unbind(), maps), (None, maps[3])])

    expected = sum(w * x for w, x in zip(weights, maps)) + maps[3]
    torch.testing.assert_close(total(weights, *maps), expected)
    assert torch.autograd.gradcheck(total, (weights, *maps))
    assert torch.autograd.gradgradcheck(total, (weights, *maps))


def test_weighted_sum_leaves_its_terms_alone() -> None:
    maps = [torch.randn(1, 2, 3, 3) for _ in range(3)]
    before = [x.clone() for x in maps]
    weighted_sum([(None, x) for x in maps])
    assert all(torch.equal(x, y) for x, y in zip(maps, before))


def test_names_of_the_space_have_shared_steps() -> None:
    """All but the identity, so that a new operation is not forgotten."""
    keys = {}
    for name in DARTS_OPS:
        op = build_op(name, OpArgs(4, 4, affine=False, searched=True))
        keys[name] = op.start_key() if hasattr(op, 'start_key') else None
    assert [name for name, key in keys.items() if key is None] == ['none', 'skip_connect']
    assert len({key for key in keys.values() if key is not None}) == 3


class Doubled(MixedOp):
    """A connection that overrides what a cell does not call."""

    def forward(self, *args, **kwargs):
        return 2 * super().forward(*args, **kwargs)


class Negated(Pool):
    """An operation with a forward of its own, as a user may write it."""

    def forward(self, x, visible=None):
        return -self.pool(x)


class Halved(ReLUConvBN):
    def forward(self, x, visible=None):
        return 0.5 * super().forward(x, visible)


def test_operations_with_a_forward_of_their_own_run_as_they_are() -> None:
    args, x, weight = OpArgs(4, 4, affine=False, searched=True), torch.randn(2, 4, 6, 6), torch.tensor(3.0)
    for op in (Negated(args, 'avg'), Halved(args, 3)):
        given, out, norm = CellState(x).term(op, weight)
        assert given is weight
        assert norm is None
        torch.testing.assert_close(out, op(x))


def test_a_connection_that_a_cell_would_ignore_is_refused() -> None:
    with pytest.raises(TypeError, match='connection Doubled must be a MixedOp that overrides terms only'):
        DARTSSupernet('s1', init_channels=2, layers=3, connection=dict(type=Doubled))


def test_partial_channels_on_odd_maps() -> None:
    net = DARTSSupernet('s1', 4, 3, connection=dict(type='mmnas_mae.PartialMixedOp', portion=2))
    assert [tuple(x.shape[2:]) for x in net(torch.randn(2, 3, 15, 13))] == [(15, 13), (8, 7), (4, 4)]


@pytest.mark.parametrize('stride', [1, 2])
def test_wide_kernels_under_autocast(stride: int) -> None:
    op = DepthwiseConv2d(8, 5, stride)
    x = torch.randn(2, 8, 8, 8, requires_grad=True)
    with torch.autocast('cpu', torch.bfloat16):
        out = op(x)
    assert out.dtype == torch.bfloat16
    cotangent = torch.randn(out.shape)
    grads = torch.autograd.grad(out, (x, op.weight), cotangent.bfloat16())
    exact = torch.autograd.grad(op(x), (x, op.weight), cotangent)
    for got, expected in zip(grads, exact):
        assert got.dtype == torch.float32
        assert float((got - expected).norm()) < 0.02 * float(expected.norm())


def test_gradients_of_weights_keep_their_digits_on_large_maps() -> None:
    weights = torch.rand(2, requires_grad=True)
    maps = [torch.rand(256, 16, 32, 32) for _ in range(2)]
    grad = torch.rand(256, 16, 32, 32)
    own = torch.autograd.grad(weighted_sum(list(zip(weights.unbind(), maps))), weights, grad)[0]
    exact = torch.stack([(x.double() * grad.double()).sum() for x in maps])
    torch.testing.assert_close(own.double(), exact, rtol=1e-6, atol=0)
