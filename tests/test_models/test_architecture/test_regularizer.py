"""Losses on the operation weights of an outside project."""

from typing import Mapping

import pytest
import torch
from torch import Tensor, nn

from mmnas_mae.models import CellArchitecture, Regularizer
from mmnas_mae.registry import MODELS

BACKBONE = dict(type='mmnas_mae.DARTSSupernet', space='darts_s1', init_channels=2, layers=3)


@MODELS.register_module()
class TargetEntropy(Regularizer):
    """Pulls the entropy of each edge to a learned target; looks at rows, not at a heap of numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.target = nn.Parameter(torch.tensor(0.3))
        self.seen: dict = {}

    def forward(self, weights: Mapping[str, Tensor], valid: Mapping[str, Tensor]) -> Tensor:
        self.seen = {kind: (tuple(w.shape), int(valid[kind].sum())) for kind, w in weights.items()}
        rows = torch.cat([-(w * w.clamp_min(1e-9).log()).sum(-1) for w in weights.values()])
        return (rows - self.target).square().mean()


@pytest.fixture
def relaxation() -> dict:
    return dict(type='mmnas_mae.SoftmaxRelaxation', regularizer=dict(type=TargetEntropy))


def test_a_regularizer_sees_the_edges_and_what_is_valid(relaxation: dict) -> None:
    arch = CellArchitecture('darts_s1', relaxation)
    loss = arch.regularization()['arch_regularization_loss']
    assert arch.relaxation.regularizer.seen == dict(normal=((14, 2), 28), reduce=((14, 2), 28))
    rows = torch.cat(list(arch.weights().values()))
    expected = (-(rows * rows.log()).sum(-1) - 0.3).square().mean()
    torch.testing.assert_close(loss, expected)


def test_parameters_of_a_regularizer_are_trained_with_the_weights_and_are_not_alpha(relaxation: dict) -> None:
    model = MODELS.build(
        dict(
            type='mmnas_mae.MAENAS',
            backbone=dict(BACKBONE, relaxation=relaxation),
            neck=dict(type='mmnas_mae.SingleScaleDecoder'),
            head=dict(type='mmnas_mae.MaskedReconstructionHead'),
            mask_generator=dict(type='mmnas_mae.PatchMaskGenerator', patch_size=4, ratio=0.5),
        )
    )
    target = model.arch.relaxation.regularizer.target
    assert list(model.arch.alpha()) == ['alphas.normal', 'alphas.reduce']
    assert not any(parameter is target for parameter in model.arch_parameters())
    assert any(parameter is target for parameter in model.weight_parameters())
    losses = model(torch.randn(2, 3, 16, 16), mode='loss')
    model.parse_losses(losses)[0].backward()
    entropy = torch.cat([-(w * w.log()).sum(-1) for w in model.arch.weights().values()])
    torch.testing.assert_close(target.grad, (-2 * (entropy - 0.3)).mean())
