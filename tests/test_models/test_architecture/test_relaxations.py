"""How architecture parameters weigh the operations: each relaxation against its defining equation."""

from collections import Counter
from itertools import combinations

import pytest
import torch
import torch.nn.functional as F

from mmnas_mae.models import (
    MAENAS,
    Cell,
    CellArchitecture,
    ConcreteRelaxation,
    DARTSSupernet,
    GumbelRelaxation,
    MixedOp,
    OpArgs,
    SigmoidRelaxation,
    TopTwoRelaxation,
    UniformPathRelaxation,
    ZeroOneLoss,
)
from mmnas_mae.models.layers.ops import Identity, Zero
from mmnas_mae.spaces import CellGraph, CellSpace, get_space

P = torch.tensor([0.5, 0.3, 0.2])
WIDE = CellGraph(1, tuple((1, 0) for _ in range(20000)), tuple(('a', 'b', 'c') for _ in range(20000)), (1,))


def rows(values: torch.Tensor, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    alpha = values.log().repeat(count, 1)
    return alpha, torch.ones_like(alpha, dtype=torch.bool)


def gdas_cell(x: torch.Tensor, hard: torch.Tensor, chosen: list[int], ops: list, constants: bool) -> torch.Tensor:
    """D-X-Y/AutoDL-Projects: search_cells.py, forward_gdas; without ``constants`` what was not drawn is left out."""
    nodes, e = [x], 0
    for i in range(1, 4):
        total = torch.zeros_like(x)
        for j in range(i):
            total = total + hard[e, chosen[e]] * ops[e][chosen[e]](nodes[j])
            if constants:
                total = total + sum(hard[e, k] for k in range(5) if k != chosen[e])
            e += 1
        nodes.append(total)
    return nodes[-1]


def test_weights_that_were_not_drawn_pass_a_gradient_as_the_published_gdas_adds_them(seed: int) -> None:
    """The value is the same; the gradient of alpha is that of the public cell, written out, in double precision."""
    args = OpArgs(4, 4, affine=False, track_running_stats=False, searched=True, pool_norm=False)
    space = get_space('nasbench201')
    cell = Cell('cell', space.cells['cell'], [Identity()], args).double()
    x = torch.randn(2, 4, 6, 6, dtype=torch.float64)
    coefficients = torch.randn(2, 4, 6, 6, dtype=torch.float64)
    grads, values = {}, {}
    for undrawn in ('dropped', 'constant'):
        arch = CellArchitecture(space, dict(type='mmnas_mae.GumbelRelaxation', tau=2.0, undrawn=undrawn)).double()
        arch.alphas['cell'].data.normal_(generator=torch.Generator().manual_seed(seed))
        for grouped in (True, False):
            cell.grouped = grouped
            torch.manual_seed(seed)
            weights = arch.draw()['cell']
            out = cell([x], weights)
            (found,) = torch.autograd.grad((coefficients * out).sum(), arch.alphas['cell'], retain_graph=True)
            chosen = [k for (k,) in weights.active]
            by_hand = gdas_cell(x, weights.ops, chosen, [edge.ops for edge in cell.edges], undrawn == 'constant')
            (expected,) = torch.autograd.grad((coefficients * by_hand).sum(), arch.alphas['cell'])
            torch.testing.assert_close(out, by_hand, atol=1e-10, rtol=1e-10)
            torch.testing.assert_close(found, expected, atol=1e-10, rtol=1e-10)
        grads[undrawn], values[undrawn] = found, out
    torch.testing.assert_close(values['dropped'], values['constant'])
    assert not torch.allclose(grads['dropped'], grads['constant'], rtol=0.1)
    with pytest.raises(ValueError, match=r"relaxation.undrawn must be one of \('dropped', 'constant'\), got 'no'"):
        GumbelRelaxation(undrawn='no')


def test_alpha_starts_as_the_relaxation_says(seed: int) -> None:
    """SNAS-Series: model_search.py draws N(1, 0.01); DARTS has 0.001 N(0, 1), FairDARTS zeros."""
    torch.manual_seed(seed)
    edges = 2000  # a space looks at each pair of them
    wide = CellSpace('wide', dict(cell=CellGraph(1, WIDE.edges[:edges], WIDE.ops[:edges], (1,))))
    for relaxation, mean, std in (
        (dict(type='mmnas_mae.ConcreteRelaxation', init_mean=1.0, init_std=0.01), 1.0, 0.01),
        (dict(type='mmnas_mae.ConcreteRelaxation'), 0.0, 0.001),
        (dict(type='mmnas_mae.SigmoidRelaxation'), 0.0, 0.0),
    ):
        alpha = CellArchitecture(wide, relaxation).alphas['cell'].detach()
        assert float(alpha.mean()) == pytest.approx(mean, abs=5 * std / (3 * edges) ** 0.5 + 1e-9)
        assert float(alpha.std()) == pytest.approx(std, rel=5 / (6 * edges) ** 0.5)


def small_model(relaxation: dict, space: str = 'darts_s0', **backbone) -> MAENAS:
    return MAENAS(
        backbone=dict(
            type='mmnas_mae.DARTSSupernet', space=space, init_channels=2, layers=3, relaxation=relaxation, **backbone
        ),
        neck=dict(type='mmnas_mae.HierarchicalDecoder'),
        head=dict(type='mmnas_mae.MaskedReconstructionHead'),
        mask_generator=dict(type='mmnas_mae.PatchMaskGenerator', patch_size=4, ratio=0.5),
    )


def test_gumbel_draw_is_one_hot_with_the_gradient_of_the_softmax() -> None:
    graph = get_space('s0').cells['normal']
    alpha = torch.randn(14, 8, requires_grad=True)
    valid = torch.ones(14, 8, dtype=torch.bool)
    coefficients = torch.randn(14, 8)
    torch.manual_seed(1)
    hard, active = GumbelRelaxation(tau=0.7)(alpha, valid, graph)
    torch.manual_seed(1)
    noise = -torch.empty(14, 8).exponential_().log()
    soft = ((alpha.log_softmax(-1) + noise) / 0.7).softmax(-1)
    assert torch.equal(hard, F.one_hot(soft.argmax(-1), 8).float())
    assert active == [[k] for k in soft.argmax(-1).tolist()]
    (of_hard,) = torch.autograd.grad((coefficients * hard).sum(), alpha)
    (of_soft,) = torch.autograd.grad((coefficients * soft).sum(), alpha)
    torch.testing.assert_close(of_hard, of_soft)


@pytest.mark.parametrize('tau', [0.1, 10.0])
def test_gumbel_draws_follow_the_softmax_at_any_temperature(tau: float) -> None:
    weights, _ = GumbelRelaxation(tau=tau)(*rows(P, 20000), WIDE)
    torch.testing.assert_close(weights.mean(0), P, atol=0.015, rtol=0)


def test_a_draw_of_zero_has_finite_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.Tensor, 'exponential_', torch.Tensor.zero_)  # -log(0) is infinite
    weights, _ = ConcreteRelaxation()(*rows(P, 4), WIDE)
    # Equal draws leave the probabilities as they are.
    torch.testing.assert_close(weights, P.expand(4, -1))


def test_parameters_that_are_not_finite_are_named() -> None:
    alpha, valid = rows(P, 2)
    with pytest.raises(ValueError, match='drawn at relaxation.tau=1.0 are not finite'):
        ConcreteRelaxation()(alpha * float('nan'), valid, WIDE)


@pytest.mark.parametrize('relaxation', [ConcreteRelaxation(tau=0.5), GumbelRelaxation(), TopTwoRelaxation()])
def test_padding_is_never_drawn_and_evaluation_draws_nothing(relaxation: ConcreteRelaxation) -> None:
    graph = CellGraph.dense(2, 2, [('a', 'b'), ('a', 'b'), ('a', 'b', 'c'), ('a', 'b'), ('a', 'b', 'c')])
    valid = torch.tensor([[k < len(ops) for k in range(3)] for ops in graph.ops])
    alpha, beta = torch.randn(5, 3), torch.tensor([0.1, 0.2, 0.9, 0.5, 0.7])
    alpha[:, 2] = 50.0
    for _ in range(20):
        assert not relaxation(alpha, valid, graph, beta)[0][~valid].any()
    relaxation.eval()
    before = torch.get_rng_state()
    weights, active = relaxation(alpha, valid, graph, beta)
    assert torch.equal(before, torch.get_rng_state())
    most_likely = alpha.masked_fill(~valid, -99).argmax(-1)
    assert torch.equal(weights[:3].argmax(-1), most_likely[:3])
    if isinstance(relaxation, TopTwoRelaxation):  # of the second node the edges with beta 0.9 and 0.7
        assert [bool(ops) for ops in active] == [True, True, True, False, True]


def test_concrete_weights_are_the_formula_and_all_candidates_run() -> None:
    alpha, valid = rows(P, 3)
    torch.manual_seed(2)
    weights, active = ConcreteRelaxation(tau=0.4)(alpha, valid, WIDE)
    torch.manual_seed(2)
    scores = (P.log() - torch.empty(3, 3).exponential_().log()) / 0.4
    torch.testing.assert_close(weights, scores.exp() / scores.exp().sum(-1, keepdim=True))
    assert active is None


def test_top_two_edges_are_a_draw_without_replacement() -> None:
    """Each pair as often as two draws by softmax(beta) one after the other, without replacement, give it."""
    relaxation, beta = TopTwoRelaxation(tau=1.0), P.log()
    drawn = Counter(tuple(relaxation._keep(beta).nonzero().flatten().tolist()) for _ in range(4000))
    for i, j in combinations(range(3), 2):
        p, q = float(P[i]), float(P[j])
        assert drawn[i, j] / 4000 == pytest.approx(p * q / (1 - p) + q * p / (1 - q), abs=0.03)
    assert sum(drawn.values()) == 4000


def test_top_two_factors_have_the_gradient_of_the_softmax() -> None:
    beta = torch.randn(4, requires_grad=True)
    coefficients = torch.randn(4)
    torch.manual_seed(3)
    factors = TopTwoRelaxation(tau=2.0)._keep(beta)
    torch.manual_seed(3)
    soft = ((beta.log_softmax(0) - torch.empty(1, 4).exponential_().log().flatten()) / 2.0).softmax(0)
    assert sorted(factors.tolist()) == [0.0, 0.0, 1.0, 1.0]
    (of_factors,) = torch.autograd.grad((coefficients * factors).sum(), beta)
    (of_soft,) = torch.autograd.grad((coefficients * soft).sum(), beta)
    torch.testing.assert_close(of_factors, of_soft)


def test_topology_is_derived_from_beta_and_operations_from_alpha() -> None:
    arch = CellArchitecture('darts_s0_no_none', dict(type='mmnas_mae.TopTwoRelaxation'), init_std=0.0)
    with torch.no_grad():
        arch.alphas['normal'][9:, 2] = torch.tensor([9.0, 1.0, 9.0, 1.0, 9.0])  # strong where beta is weak
        arch.betas['normal'][torch.tensor([9 + 1, 9 + 3])] = 1.0
    assert arch.genotype().cells['normal'].nodes[3] == (('skip_connect', 1), ('skip_connect', 3))
    with pytest.raises(ValueError, match='edge_norm=True does not go with TopTwoRelaxation'):
        CellArchitecture('s0', dict(type='mmnas_mae.TopTwoRelaxation'), edge_norm=True)


def test_uniform_paths_are_uniform_and_never_excluded() -> None:
    graph, alpha = get_space('s0').cells['normal'], torch.randn(14, 8)
    valid = torch.ones(14, 8, dtype=torch.bool)
    relaxation = UniformPathRelaxation(edges=2, exclude=['none'])
    ops, pairs = Counter(), Counter()
    for _ in range(1500):
        weights, active = relaxation(alpha, valid, graph)
        assert torch.equal(weights.sum(-1), torch.tensor([float(len(chosen)) for chosen in active]))
        kept = [e for e, chosen in enumerate(active) if chosen]
        assert [sum(e in kept for e in incoming) for incoming in graph.incoming()] == [2, 2, 2, 2]
        ops.update(int(weights[e].argmax()) for e in kept)
        pairs[tuple(e for e in kept if e >= 9)] += 1
    assert ops[0] == 0
    for k in range(1, 8):
        assert ops[k] / ops.total() == pytest.approx(1 / 7, abs=0.012)
    assert len(pairs) == 10
    assert max(pairs.values()) / 1500 == pytest.approx(0.1, abs=0.03)


def test_setn_trains_alpha_on_the_mixture_and_weights_on_paths() -> None:
    arch = CellArchitecture('nasbench201', dict(type='mmnas_mae.UniformPathRelaxation', joint=True), init_std=1.0)
    path = arch.sample()['cell']
    assert all(len(ops) == 1 for ops in path.active)
    before = torch.get_rng_state()
    with arch.in_alpha_step():
        mixture = arch.sample()['cell']
    assert mixture.active is None
    assert torch.equal(mixture.ops, arch.alphas['cell'].softmax(-1))
    assert torch.equal(before, torch.get_rng_state())


def test_an_edge_without_operations_is_refused() -> None:
    arch = CellArchitecture(
        's2', dict(type='mmnas_mae.UniformPathRelaxation', exclude=['skip_connect', 'sep_conv_3x3'])
    )
    with pytest.raises(ValueError, match='leaves an edge without operations'):
        arch.sample()


@pytest.mark.parametrize(
    'relaxation, edges_per_node',
    [
        (dict(type='mmnas_mae.GumbelRelaxation'), None),
        (dict(type='mmnas_mae.UniformPathRelaxation'), None),
        (dict(type='mmnas_mae.UniformPathRelaxation', edges=2, exclude=['none']), 2),
        (dict(type='mmnas_mae.TopTwoRelaxation'), 2),
    ],
)
def test_only_what_was_drawn_runs(relaxation: dict, edges_per_node: int) -> None:
    net = DARTSSupernet('darts_s0', init_channels=2, layers=3, relaxation=relaxation)
    edges, calls = Counter(), Counter()
    for name, module in net.named_modules():
        if isinstance(module, MixedOp):
            module.terms = lambda *args, name=name, terms=module.terms: edges.update([name]) or terms(*args)
            for k, op in enumerate(module.ops):
                op.register_forward_hook(lambda *args, name=name, k=k: calls.update([(name, k)]))
    drawn = net.arch.sample()
    net.arch.sample = lambda: drawn
    net(torch.randn(2, 3, 8, 8))
    expected = Counter()
    for i, cell in enumerate(net.cells):
        for e, (edge, chosen) in enumerate(zip(cell.edges, drawn[cell.kind].active)):
            expected.update((f'cells.{i}.edges.{e}', k) for k in chosen if not isinstance(edge.ops[k], Zero))
    assert calls == expected
    assert set(edges.values()) == {1}
    per_cell = [sum(len(nodes[:edges_per_node]) for nodes in cell.graph.incoming()) for cell in net.cells]
    assert len(edges) == sum(per_cell)


def test_a_drawn_network_equals_the_mixture_with_its_weights() -> None:
    net = DARTSSupernet('darts_s0', init_channels=2, layers=3, relaxation=dict(type='mmnas_mae.TopTwoRelaxation'))
    x, drawn = torch.randn(2, 3, 8, 8), net.arch.sample()
    net.arch.sample = lambda: drawn
    alone = net(x)
    del net.arch.sample
    with net.arch.fixed({kind: weights.ops for kind, weights in drawn.items()}):
        mixture = net(x)
    for got, expected in zip(alone, mixture):
        torch.testing.assert_close(got, expected)


def test_sigmoid_weights_start_at_one_half_and_are_independent() -> None:
    arch = CellArchitecture('s0', dict(type='mmnas_mae.SigmoidRelaxation'))
    assert torch.equal(arch.weights()['normal'], torch.full((14, 8), 0.5))
    assert arch.entropy() == pytest.approx(1.0)
    with torch.no_grad():
        arch.alphas['normal'][0, 0] = 2.0
    changed = arch.weights()['normal']
    assert float(changed[0, 0].detach()) == pytest.approx(0.880797, abs=1e-6)
    assert int((changed != 0.5).sum()) == 1
    mixed = SigmoidRelaxation().weights(torch.zeros(1, 3), torch.tensor([[True, True, False]]))
    assert mixed.tolist() == [[0.5, 0.5, 0.0]]


def test_zero_one_loss_is_minus_the_distance_to_one_half() -> None:
    weights = dict(normal=torch.tensor([[0.5, 1.0, 0.0]]), reduce=torch.tensor([[0.7, 0.0, 0.0]]))
    valid = dict(normal=torch.tensor([[True, True, True]]), reduce=torch.tensor([[True, False, False]]))
    assert float(ZeroOneLoss()(weights, valid)) == pytest.approx(-10 * (0 + 0.25 + 0.25 + 0.04) / 4)
    assert float(ZeroOneLoss(weight=2.0, norm='l1')(weights, valid)) == pytest.approx(-2 * (0 + 0.5 + 0.5 + 0.2) / 4)
    with pytest.raises(ValueError, match="ZeroOneLoss.norm must be 'l1' or 'l2', got 'l3'"):
        ZeroOneLoss(norm='l3')


def test_zero_one_loss_is_part_of_both_steps_and_moves_alpha_alone() -> None:
    model = small_model(dict(type='mmnas_mae.SigmoidRelaxation', regularizer=dict(type='mmnas_mae.ZeroOneLoss')), 's1')
    prepared = model.prepare(torch.randn(2, 3, 8, 8))
    with torch.no_grad():
        for alpha in model.arch.alphas.values():
            alpha.copy_(torch.randn_like(alpha))
    model.eval()
    plain, total = model.losses(**prepared), model.total_losses(**prepared)
    weights = torch.cat([w.flatten() for w in model.arch.weights().values()])
    expected = plain['loss'] - 10 * (weights - 0.5).square().mean()
    torch.testing.assert_close(model.parse_losses(total)[0], expected)
    in_forward = model(prepared['images'], mode='loss')['arch_regularization_loss']
    torch.testing.assert_close(in_forward, expected - plain['loss'])
    parameters = model.weight_parameters()
    grads = [
        torch.autograd.grad(model.parse_losses(losses)[0], parameters, allow_unused=True)
        for losses in (model.losses(**prepared), model.total_losses(**prepared))
    ]
    for a, b in zip(*grads):
        assert (a is None and b is None) or torch.equal(a, b)


def test_samples_are_accumulated_as_their_mean() -> None:
    model = small_model(dict(type='mmnas_mae.GumbelRelaxation', samples=3)).eval()
    model.arch.train()
    prepared = model.prepare(torch.randn(2, 3, 8, 8))
    parameters = list(model.neck.parameters())[:1]
    torch.manual_seed(5)
    mean = model.total_losses(**prepared)['loss']
    (grad,) = torch.autograd.grad(mean, parameters)
    torch.manual_seed(5)
    losses = [model.losses(**prepared)['loss'] for _ in range(3)]
    assert len({float(loss.detach()) for loss in losses}) > 1
    torch.testing.assert_close(mean, sum(losses) / 3)
    expected = sum(torch.autograd.grad(loss, parameters)[0] for loss in losses) / 3
    torch.testing.assert_close(grad, expected)


@pytest.mark.parametrize(
    'cfg, message',
    [
        (dict(type='GumbelRelaxation', tau=0.0), 'relaxation.tau must be a number above 0, got 0.0'),
        (dict(type='SoftmaxRelaxation', samples=0), 'relaxation.samples must be a whole number of at least 1, got 0'),
        (dict(type='TopTwoRelaxation', edges=0), 'relaxation.edges must be a whole number of at least 1, got 0'),
        (dict(type='UniformPathRelaxation', edges=0), 'relaxation.edges must be at least 1 or None, got 0'),
    ],
)
def test_bad_settings_are_named(cfg: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CellArchitecture('s0', dict(cfg, type=f'mmnas_mae.{cfg["type"]}'))
