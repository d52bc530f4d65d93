"""What the library asks of the parameters of cells."""

import pytest
import torch
from torch import Tensor

from mmnas_mae.models import CellArchitecture, Relaxation
from mmnas_mae.registry import MODELS
from mmnas_mae.spaces import discretize


def drawn_alpha(arch: CellArchitecture) -> CellArchitecture:
    generator = torch.Generator().manual_seed(0)
    for alpha in arch.alpha().values():
        alpha.data = torch.randn(alpha.shape, generator=generator)
    return arch


def test_excluding_none_keeps_the_threshold_of_the_derivation() -> None:
    """FairDARTS: weights below the threshold leave the node, whether none is excluded or not."""
    arch = CellArchitecture('fairdarts', dict(type='mmnas_mae.SigmoidRelaxation'), derivation=dict(threshold=0.85))
    with torch.no_grad():
        arch.alphas['normal'][0, 0] = arch.alphas['reduce'][0, 0] = 4.0
    for genotype in (arch.genotype(), arch.genotype(exclude_none=True)):
        assert [cell.num_edges for cell in genotype.cells.values()] == [1, 1]
    plain = discretize(arch.space, arch.strengths(), exclude_none=True)
    assert plain.cells['normal'].num_edges == 8


def test_excluding_none_keeps_the_edges_and_the_limit_of_skips() -> None:
    arch = drawn_alpha(CellArchitecture('darts_s3', dict(type='mmnas_mae.TopTwoRelaxation')))
    expected = discretize(arch.space, arch.strengths(), exclude_none=True, edges=arch.edge_weights())
    assert arch.genotype(exclude_none=True) == expected
    assert expected != discretize(arch.space, arch.strengths(), exclude_none=True)
    arch = drawn_alpha(CellArchitecture('darts_s3', derivation=dict(max_skips=1)))
    assert arch.genotype(exclude_none=True).cells['normal'].count('skip_connect') <= 1
    assert arch.genotype(exclude_none=False).cells['normal'].count('none') > 0


@MODELS.register_module()
class FirstOnly(Relaxation):
    """Runs the first candidate of each edge, and does not say so."""

    def weights(self, alpha: Tensor, valid: Tensor) -> Tensor:
        return torch.zeros_like(alpha).index_fill(1, torch.tensor(0), 1.0)

    def forward(self, alpha: Tensor, valid: Tensor, *args: object) -> tuple:
        return self.weights(alpha, valid), [[0]] * len(alpha)


def test_a_relaxation_that_runs_some_candidates_has_to_say_so() -> None:
    arch = CellArchitecture('darts_s2', dict(type=FirstOnly))
    with pytest.raises(TypeError, match='FirstOnly runs some candidates only, so its class must say runs_all = False'):
        arch.sample()
