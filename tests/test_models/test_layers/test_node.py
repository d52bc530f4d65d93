"""Nodes whose normalisations run by kernels of our own, under Triton's interpreter, give the numbers of the library."""

import importlib.util
import json
import os
import subprocess
import sys
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from mmnas_mae.models.layers.cell_state import CellState
from mmnas_mae.models.layers.masked_norm import MaskedBatchNorm2d, Visibility, fuse_norms
from mmnas_mae.models.layers.node import Term, add_up
from mmnas_mae.models.layers.ops import OpArgs, ReLUConvBN, build_op

#: Search networks by what their nodes add up.
NETWORKS = {
    'nasbench201': dict(type='mmnas_mae.NASBench201Supernet', init_channels=2, cells_per_stage=1),
    'pools and reductions': dict(type='mmnas_mae.DARTSSupernet', space='darts_s1', init_channels=2, layers=3),
    'partial channels': dict(
        type='mmnas_mae.DARTSSupernet',
        space='darts_s2',
        init_channels=4,
        layers=3,
        connection=dict(type='mmnas_mae.PartialMixedOp', portion=2),
        edge_norm=True,
    ),
    'parameters and an auxiliary skip': dict(
        type='mmnas_mae.DARTSSupernet',
        space='darts_s2',
        init_channels=2,
        layers=3,
        affine=True,
        connection=dict(type='mmnas_mae.AuxiliarySkipMixedOp'),
    ),
    'dropped paths': dict(type='mmnas_mae.DARTSSupernet', space='darts_s2', init_channels=2, layers=3),
}

#: Triton decides when it is imported whether it interprets, so this runs in a process of its own.
SCRIPT = """
import copy, json, sys, torch
from mmnas_mae.models import MaskedBatchNorm2d
from mmnas_mae.registry import MODELS

name, backbone = json.loads(sys.argv[1])
torch.manual_seed(0)
plain = MODELS.build(backbone).train()
if name == 'dropped paths':
    plain.drop_path_prob = 0.3
fused = copy.deepcopy(plain)
norms = [module for module in fused.modules() if isinstance(module, MaskedBatchNorm2d)]
for norm in norms:
    norm.fused = True
images, results = torch.randn(2, 3, 8, 8), []
for net in (plain, fused):
    torch.manual_seed(1)
    parameters = list(net.parameters())
    loss = sum(x.tanh().square().mean() for x in net(images))
    grads = torch.autograd.grad(loss, parameters, allow_unused=True)
    results.append([x if x is None else x.detach().double() for x in (loss, *grads, *net.buffers())])
worst = 0.0
for a, b in zip(*results):
    assert (a is None) == (b is None)
    if a is not None:
        worst = max(worst, float((a - b).abs().max()) / max(float(a.abs().max()), 1e-3))
print(json.dumps(dict(worst=worst, norms=len(norms))))
"""


@pytest.mark.skipif(importlib.util.find_spec('triton') is None, reason='triton is not installed')
@pytest.mark.parametrize(
    'name', [pytest.param(name, marks=[] if name == 'nasbench201' else pytest.mark.slow) for name in NETWORKS]
)
def test_a_search_network_gives_the_same_features_gradients_and_statistics(name: str) -> None:
    command = [sys.executable, '-c', SCRIPT, json.dumps([name, NETWORKS[name]])]
    environment = dict(os.environ, TRITON_INTERPRET='1')
    result = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout.splitlines()[-1])
    assert found['norms'] > 20
    assert found['worst'] < 1e-3


def test_finished_and_raw_terms_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def definition(maps, weights, count, scale, shift, eps):
        from mmnas_mae.models.kernels.node_sum import node_sum

        asked.append((len(maps), count, weights.tolist()))
        return node_sum(maps, weights, count, scale, shift, eps=eps)

    fake = type(sys)('fused_node_sum')
    fake.fused_node_sum = definition
    monkeypatch.setitem(sys.modules, 'mmnas_mae.models.kernels.fused_node_sum', fake)
    norm, x, y = MaskedBatchNorm2d(3), torch.randn(4, 3, 5, 5), torch.randn(4, 3, 5, 5)
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    other = MaskedBatchNorm2d(3)
    other.load_state_dict(norm.state_dict())
    total = add_up([Term(torch.tensor(3.0), y), Term(torch.tensor(2.0), x, norm), Term(None, y)])
    torch.testing.assert_close(total, 2 * other(x) + 4 * y)
    assert asked == [(3, 1, [2.0, 3.0, 1.0])]
    for name, value in other.named_buffers():
        torch.testing.assert_close(norm.get_buffer(name), value)
    add_up([Term(torch.tensor(3.0), y), Term(None, y)])
    assert len(asked) == 1


@pytest.mark.parametrize('other', [dict(affine=False), dict(eps=0.5)])
def test_a_normalisation_unlike_the_others_is_its_own(other: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def definition(maps, weights, count, scale, shift, eps):
        from mmnas_mae.models.kernels.node_sum import node_sum

        asked.append((count, scale is not None, eps))
        return node_sum(maps, weights, count, scale, shift, eps=eps)

    fake = type(sys)('fused_node_sum')
    fake.fused_node_sum = definition
    monkeypatch.setitem(sys.modules, 'mmnas_mae.models.kernels.fused_node_sum', fake)
    torch.manual_seed(0)
    norms = [MaskedBatchNorm2d(3), MaskedBatchNorm2d(3, **other), MaskedBatchNorm2d(3)]
    for norm in norms:
        norm.fused = True
        if norm.affine:
            nn.init.normal_(norm.weight)
            nn.init.normal_(norm.bias)
    maps, weights = torch.randn(3, 4, 3, 5, 5), torch.tensor([0.5, 2.0, -1.0])
    expected = sum(
        w * F.batch_norm(x, None, None, n.weight, n.bias, True, 0.1, n.eps) for w, x, n in zip(weights, maps, norms)
    )
    torch.testing.assert_close(add_up([Term(w, x, n) for w, x, n in zip(weights, maps, norms)]), expected)
    assert asked == [(1, norms[1].affine, norms[1].eps), (2, True, 1e-5)]


class Doubled(ReLUConvBN):
    """An operation of a user that goes on after its normalisation."""

    def finish(self, started: torch.Tensor, visible: Any, scale: Any = None) -> torch.Tensor:
        return 2 * super().finish(started, visible, scale)


class Renormed(ReLUConvBN):
    """One that computes another map, normalised as ever."""

    def raw(self, started: torch.Tensor, visible: Any) -> torch.Tensor:
        return 3 + self.conv(started)


@pytest.mark.parametrize('kind, left', [(ReLUConvBN, True), (Doubled, False), (Renormed, True)])
def test_what_follows_a_normalisation_is_not_left_out(kind: type, left: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    from mmnas_mae.models.kernels.node_sum import node_sum

    fake = type(sys)('fused_node_sum')
    fake.fused_node_sum = node_sum
    monkeypatch.setitem(sys.modules, 'mmnas_mae.models.kernels.fused_node_sum', fake)
    torch.manual_seed(0)
    op, x = kind(OpArgs(3, 3, 1), 1), torch.randn(4, 3, 5, 5)
    expected = 2 * op(x)
    op.bn.fused = True
    term = CellState(x).term(op, torch.tensor(2.0))
    assert (term.norm is not None) == left
    torch.testing.assert_close(add_up([term]), expected)


def test_a_normalisation_is_the_nodes_only_where_the_kernels_know_it() -> None:
    norm = MaskedBatchNorm2d(2)
    assert not norm.belongs_to_node(None)
    norm.fused = True
    assert norm.belongs_to_node(None)
    assert not norm.belongs_to_node(Visibility(torch.zeros(1, 1, 4, 4)))
    assert not norm.eval().belongs_to_node(None)
    assert not fuse_norms(nn.Sequential(norm))  # on a CPU
    assert not norm.fused


@pytest.mark.parametrize('name', ['sep_conv_3x3', 'dil_conv_5x5', 'nor_conv_3x3', 'conv_7x1_1x7', 'max_pool_3x3'])
@pytest.mark.parametrize('stride', [1, 2])
def test_an_operation_is_its_raw_map_and_its_last_normalisation(name: str, stride: int) -> None:
    op = build_op(name, OpArgs(4, 4, stride, affine=False, track_running_stats=False, searched=True))
    whole = op(x := torch.randn(2, 4, 8, 8))
    if name == 'max_pool_3x3':
        assert op.last_norm is None  # shared by all that pool the same state
        op.bn.fused = True
        raw = op.raw(op.start(x, None), None)
        op.bn.fused = False
        torch.testing.assert_close(op.bn(raw), whole)
    else:
        torch.testing.assert_close(op.last_norm(op.raw(op.start(x, None), None)), whole)
