"""Connections of the mixed operation: the auxiliary skip of DARTS- and the dropout of P-DARTS."""

import pytest
import torch

from mmnas_mae.models import AuxiliarySkipMixedOp, DARTSSupernet, MixedOp, OpArgs, SkipDropoutMixedOp
from mmnas_mae.models.layers.cell_state import CellState
from mmnas_mae.models.layers.node import add_up
from mmnas_mae.models.layers.ops import FactorizedReduce
from mmnas_mae.spaces import DARTS_OPS

SKIP = DARTS_OPS.index('skip_connect')


@pytest.mark.parametrize('stride', [1, 2])
def test_auxiliary_skip_is_added_with_its_weight(stride: int) -> None:
    edge = AuxiliarySkipMixedOp(DARTS_OPS, OpArgs(4, 4, stride, affine=False, searched=True), beta=0.6).eval()
    x, weights = torch.randn(2, 4, 6, 6), torch.rand(8)
    plain = add_up(MixedOp.terms(edge, CellState(x), weights.unbind()))
    skip = x if stride == 1 else edge.auxiliary(x)
    assert isinstance(edge.auxiliary, FactorizedReduce) == (stride == 2)
    torch.testing.assert_close(edge(x, weights), plain + 0.6 * skip)
    edge.beta.fill_(0.0)
    assert torch.equal(edge(x, weights), plain)


def test_weight_of_the_auxiliary_skip_is_checkpointed_and_no_parameter() -> None:
    net = DARTSSupernet('s1', init_channels=2, layers=3, connection=dict(type='mmnas_mae.AuxiliarySkipMixedOp'))
    betas = {name for name in net.state_dict() if name.endswith('.beta')}
    assert len(betas) == 3 * 14
    assert not betas & {name for name, _ in net.named_parameters()}
    plain = DARTSSupernet('s1', init_channels=2, layers=3)
    # What is new are the reductions of the 8 edges that leave an input, in the 2 reduction cells, C x C each.
    counts = [sum(p.numel() for p in model.parameters()) for model in (net, plain)]
    assert counts[0] - counts[1] == 8 * (4 * 4 + 8 * 8)


def test_an_auxiliary_skip_needs_edges_that_keep_their_channels() -> None:
    with pytest.raises(ValueError, match='skip_connect at stride 1 keeps the channels, got 4 -> 8'):
        AuxiliarySkipMixedOp(['none'], OpArgs(4, 8, 1))


def test_dropout_falls_on_identities_alone_and_in_training_alone() -> None:
    edge = SkipDropoutMixedOp(DARTS_OPS, OpArgs(4, 4, 1, affine=False, searched=True))
    edge.dropout = 0.4
    x = torch.ones(50, 4, 10, 10)
    only = torch.eye(8)
    out = edge(x, only[SKIP], active=[SKIP])
    values, counts = out.unique(return_counts=True)
    torch.testing.assert_close(values, torch.tensor([0.0, 1 / 0.6]))
    assert int(counts[0]) / out.numel() == pytest.approx(0.4, abs=0.02)
    pooled = edge(x, only[1], active=[1])
    edge.dropout = 0.0
    assert torch.equal(pooled, edge(x, only[1], active=[1]))
    edge.dropout = 0.4
    edge.eval()
    assert torch.equal(edge(x, only[SKIP], active=[SKIP]), x)


def test_a_reducing_skip_is_not_dropped() -> None:
    edge = SkipDropoutMixedOp(['skip_connect'], OpArgs(4, 4, 2, affine=False, searched=True))
    x = torch.randn(2, 4, 6, 6)
    expected = edge(x, torch.ones(1))
    edge.dropout = 0.9
    assert torch.equal(edge(x, torch.ones(1)), expected)
