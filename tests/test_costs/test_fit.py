"""The largest network within a budget."""

import pytest

from mmnas_mae.costs import Budget, fit
from mmnas_mae.spaces import load_genotype

MOBILE = dict(layers=14, stem='imagenet')
CELL = '|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|'


@pytest.mark.parametrize('name, channels', [('PC_DARTS_image', 48), ('RLNAS_imagenet_unconstrained', 42)])
def test_the_papers_chose_the_widest_within_600_m(name, channels):
    """Table 3: the channels at which these cells are trained on ImageNet."""
    found = fit(load_genotype(name), Budget(macs=600e6, at=MOBILE))
    assert found.at == dict(MOBILE, init_channels=channels)
    assert found.cost['macs'] <= 600e6


@pytest.mark.parametrize(
    'arch, vary, at, step',
    [
        # Odd channels have no skip connection that halves the resolution behind this stem.
        ('DARTS_V2', 'init_channels', dict(layers=3, stem='imagenet', image_size=64), 2),
        ('DARTS_V2', 'init_channels', dict(layers=3), 1),
        ('DARTS_V2', 'layers', dict(init_channels=12), 1),
        (CELL, 'init_channels', dict(cells_per_stage=1), 1),
        (CELL, 'cells_per_stage', dict(init_channels=6), 1),
    ],
)
def test_the_next_larger_one_exceeds_the_budget(arch, vary, at, step):
    genotype = load_genotype(arch)
    for macs in (9.5e6, 20e6):
        budget = Budget(macs=macs, at=at)
        found = fit(genotype, budget, vary)
        assert found.cost == budget.cost_at(genotype, found.at)
        assert found.cost['macs'] <= macs
        assert budget.cost_at(genotype, {**at, vary: found.at[vary] + step})['macs'] > macs


def test_what_cannot_be_fitted_is_named():
    with pytest.raises(ValueError, match=r"no network .* budget \{'macs': 100\}: at layers=3 it has .*'macs': \d+"):
        fit(load_genotype('DARTS_V2'), Budget(macs=100), 'layers')
    with pytest.raises(ValueError, match="depth cannot be fitted: the network of 'darts_s0': .*'depth'"):
        fit(load_genotype('DARTS_V2'), Budget(macs=1e9), 'depth')
