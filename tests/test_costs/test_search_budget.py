"""What draws a search by gradient to where its limit holds."""

from types import SimpleNamespace

import pytest
import torch
from torch.fx.experimental.proxy_tensor import make_fx

from mmnas_mae.costs import Budget
from mmnas_mae.costs.search_budget import SearchBudget
from mmnas_mae.registry import MODELS
from mmnas_mae.spaces import discretize

#: Of NAS-Bench-201 and of S0 at a small size; the cheapest have a fifth of it.
LIMITS = dict(
    nasbench201=(
        dict(type='mmnas_mae.NASBench201Supernet', init_channels=2, cells_per_stage=1),
        dict(macs=40e6),
    ),
    darts_s0=(
        dict(type='mmnas_mae.DARTSSupernet', init_channels=2, layers=3),
        dict(macs=1.25e6, params=17_000, at=dict(init_channels=4, layers=5)),
    ),
)


def searched(name, **backbone):
    config, budget = LIMITS[name]
    network = MODELS.build(dict(config, **backbone))
    model = SimpleNamespace(backbone=network, arch=network.arch)
    network.arch.limit = SearchBudget(Budget(**budget), model)
    return network.arch, network.arch.limit


@pytest.mark.parametrize('name', LIMITS)
def test_the_multipliers_adapt_until_what_is_derived_meets_the_limits(name):
    """An objective that wants each edge as costly as it can be, some more than others, against the limits."""
    arch, limit = searched(name)
    greed = {kind: cost / cost.max() * torch.rand(len(cost), 1) for kind, cost in limit.expected.costs['macs'].items()}
    optimizer = torch.optim.Adam(arch.alpha().values(), lr=0.02)

    def train(steps, rate):
        beyond = []
        for _ in range(steps):
            loss = -sum((arch.weights()[kind] * wanted).mean() for kind, wanted in greed.items())
            loss = loss + sum(arch.regularization().values())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            limit.adapt(arch.free_genotype(), rate)
            beyond.append(not limit.budget(arch.free_genotype()))
            assert limit.budget(arch.genotype())
        return beyond

    assert all(train(60, 0.0)[-40:])
    # Every fourth step at least keeps within what none did before.
    beyond = train(500, 0.005)
    assert sum(beyond[-200:]) < 150
    assert max(limit.multipliers.values()) > 0


def test_within_the_limit_nothing_is_drawn():
    arch, limit = searched('nasbench201')
    limit.load_state_dict(dict(multipliers=dict(macs=5.0)))
    cheap, dear = (discretize(arch.space, {'cell': torch.eye(5)[[op] * 6]}) for op in (1, 3))
    with torch.no_grad():
        arch.alphas['cell'][:, 1] = 3.0
    assert limit.expect(arch)['macs'] < 40e6
    limit.adapt(cheap, 1e-9)
    assert arch.regularization()['arch_limit_loss'].item() == 0
    limit.adapt(dear, 1e-9)
    assert arch.regularization()['arch_limit_loss'].item() == pytest.approx(5 * (limit.expect(arch)['macs'] / 40e6 - 1))
    other = searched('nasbench201')[1]
    other.load_state_dict(limit.state_dict())
    assert (other.multipliers, other.exceeded) == (limit.multipliers, dict(macs=True))


def test_a_recording_of_the_loss_follows_the_multipliers():
    arch, limit = searched('nasbench201')
    strengths = {kind: strength.detach() for kind, strength in arch.strengths().items()}
    recorded = make_fx(lambda given: limit.loss(given))(strengths)
    assert recorded(strengths) == 0
    limit.load_state_dict(dict(multipliers=dict(macs=2.0), exceeded=dict(macs=True)))
    assert recorded(strengths) == limit.loss(strengths) != 0
    before = limit.loss(strengths).item()
    limit.adapt(discretize(arch.space, {'cell': torch.eye(5)[[3] * 6]}), 1.0)
    assert recorded(strengths) == limit.loss(strengths) > before
    limit.load_state_dict({})
    assert recorded(strengths) == 0


def test_without_its_multiplier_it_adds_nothing():
    arch, limit = searched('nasbench201')
    assert arch.regularization()['arch_limit_loss'].item() == 0
    limit.load_state_dict(dict(multipliers=dict(macs=0.5)))
    loss = arch.regularization()['arch_limit_loss']
    assert loss.item() == pytest.approx(0.5 * (limit.expect(arch)['macs'] / 40e6 - 1), rel=1e-6)
    assert loss.dtype == torch.float32
    (gradient,) = torch.autograd.grad(loss, arch.alpha().values())
    costs = limit.expected.costs['macs']['cell']
    # The softmax at equal alphas: (c - mean) / 5, to the deviation of their start.
    expected = 0.5 / 40e6 * (costs - costs.mean(1, keepdim=True)) / 5
    torch.testing.assert_close(gradient.double(), expected, rtol=0.05, atol=1e-5)


def test_a_multiplier_falls_to_zero_where_there_is_room():
    arch, limit = searched('nasbench201')
    cheap = discretize(arch.space, {'cell': torch.eye(5)[[0] * 6]})
    share = limit.edge_costs.cost(cheap)['macs'] / 40e6
    limit.load_state_dict(dict(multipliers=dict(macs=1.0)))
    limit.adapt(cheap, 0.25)
    assert limit.multipliers['macs'] == pytest.approx(1 + 0.25 * (share - 1))
    for _ in range(10):
        limit.adapt(cheap, 0.25)
    assert limit.multipliers['macs'] == 0


def test_a_derived_genotype_is_the_same_where_the_limit_does_not_bind():
    arch, limit = searched('darts_s0', edge_norm=True)
    limit.limits.update(macs=1e12, params=1e12)
    assert arch.genotype() == arch.free_genotype()


@pytest.mark.parametrize(
    'backbone, error, reason',
    [
        (dict(type='mmnas_mae.NASBench101Supernet', stem_channels=5), TypeError, 'a budget needs a search among cells'),
        (
            dict(
                type='mmnas_mae.DARTSSupernet',
                space='fairdarts',
                init_channels=2,
                layers=3,
                derivation=dict(threshold=0.5),
            ),
            ValueError,
            'derivation.threshold=0.5 leaves nodes without edges',
        ),
        (
            dict(LIMITS['nasbench201'][0]),
            ValueError,
            'no member of space nasbench201 keeps within macs=1000; the smallest',
        ),
    ],
)
def test_what_a_limit_does_not_go_with_is_refused(backbone, error, reason):
    network = MODELS.build(dict(backbone))
    with pytest.raises(error, match=reason):
        SearchBudget(Budget(macs=1000), SimpleNamespace(backbone=network, arch=network.arch))
