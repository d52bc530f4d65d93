"""Scores with inherited weights against networks that have the child's operations only."""

import copy
import random

import pytest
import torch

from mmnas_mae.discrete import InheritedScorer, build_scorer
from mmnas_mae.models import MAENAS, BaseArchitecture, CellArchitecture
from mmnas_mae.spaces import get_space

GENOTYPE = '|nor_conv_3x3~0|+|none~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_1x1~1|nor_conv_3x3~2|'


def alone(run, genotype):
    """The same objective over a search network that has no other operation on any edge, with the same weights."""
    ops = {kind: [[op] for node in cell.nodes for op, _ in node] for kind, cell in genotype.cells.items()}
    cfg = copy.deepcopy(run.config)
    cfg.pop('type')
    cfg['backbone']['space'] = dict(type=run.space.name, restrict=ops)
    model = MAENAS(**cfg)
    state = run.model.state_dict()
    graph = run.space.cells['cell']
    for name in model.state_dict():
        if 'arch' in name:
            continue
        source = name
        if '.edges.' in name:
            head, tail = name.split('.edges.')
            e, _, _, rest = tail.split('.', 3)
            source = f'{head}.edges.{e}.ops.{graph.ops[int(e)].index(ops["cell"][int(e)][0])}.{rest}'
        model.state_dict()[name].copy_(state[source])
    return model


def test_the_score_equals_a_direct_computation(small_run):
    run = small_run()
    genotype = run.space.parse(GENOTYPE)
    model = alone(run, genotype).train()
    losses = []
    with torch.no_grad():
        for start in (0, 64):
            images = run.heldout.inputs[start : start + 64]
            mask = model.mask_generator(images, keys=range(start, start + len(images)))
            error = (model.reconstruct(images, mask) - images).abs() * mask
            losses.append(error.sum((1, 2, 3)) / (3 * mask.sum((1, 2, 3))))
    direct = -float(torch.cat(losses).mean())
    assert InheritedScorer(run)(genotype) == pytest.approx(direct, abs=1e-6)
    # 96 images in two batches; the statistics of one batch of all are others.
    assert InheritedScorer(run, batch_size=96)(genotype) != pytest.approx(direct, abs=1e-6)


@pytest.mark.parametrize('statistics', ['batch', 'running'])
def test_the_statistics_are_those_of_the_batch_or_those_that_are_kept(small_run, statistics):
    """The published selections put the network in eval mode; its cells keep no statistics."""
    run = small_run('darts_nasbench201_1xb64-50e_cifar10', heldout=32)
    genotype, model = run.space.parse(GENOTYPE), run.model
    for norm in model.modules():
        if isinstance(norm, torch.nn.BatchNorm2d) and norm.track_running_stats:
            norm.running_mean.normal_()
            norm.running_var.uniform_(0.5, 2.0)
    model.eval()
    if statistics == 'batch':
        for norm in model.modules():
            if isinstance(norm, torch.nn.BatchNorm2d):
                norm.train()
    with torch.no_grad(), model.arch.fixed(genotype):
        logits = model.logits(run.heldout.inputs)
    labels = torch.cat([sample.gt_label for sample in run.heldout.samples])
    direct = -float(torch.nn.functional.cross_entropy(logits, labels))
    scorer = InheritedScorer(run, score='loss', statistics=statistics)
    if statistics == 'batch':
        model.backbone.stem.bn.running_mean.zero_()  # not looked at
    assert scorer(genotype) == pytest.approx(direct, abs=1e-5)
    with pytest.raises(ValueError, match=r"InheritedScorer.statistics must be one of \['batch', 'running'\], got 'no'"):
        InheritedScorer(run, statistics='no')


def test_scoring_changes_nothing(small_run):
    run = small_run('maenas_darts-s0_1xb64-50e_cifar10', heldout=8)
    run.model.train()
    before = copy.deepcopy(run.model.state_dict())
    random_state = torch.get_rng_state()
    scorer, generator = InheritedScorer(run), random.Random(0)
    children = [run.space.random_genotype(generator) for _ in range(3)]
    scores = [scorer(child) for child in children]
    assert len(set(scores)) == 3
    assert [scorer(child) for child in reversed(children)] == scores[::-1]
    after = run.model.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert torch.equal(torch.get_rng_state(), random_state)
    assert all(module.training for module in run.model.modules())
    assert all(norm.track_running_stats for norm in run.model.modules() if isinstance(norm, torch.nn.BatchNorm2d))
    assert run.model.arch._held is None


def test_alpha_does_not_change_the_score_of_a_child(small_run):
    run = small_run(heldout=16)
    genotype = run.space.parse(GENOTYPE)
    score = InheritedScorer(run)(genotype)
    with torch.no_grad():
        run.model.arch.alphas['cell'].normal_(std=3.0)
    assert InheritedScorer(run)(genotype) == score


def test_one_batch_is_one_of_the_batches_and_the_same_for_an_architecture(small_run):
    run = small_run()
    scorer, generator = InheritedScorer(run, batch_size=32, one_batch=True), random.Random(0)
    used = set()
    for _ in range(8):
        genotype = run.space.random_genotype(generator)
        parts = []
        for i in range(3):
            part = copy.copy(run)
            part.heldout = type(run.heldout)(
                run.heldout.inputs[32 * i : 32 * i + 32], run.heldout.samples[32 * i : 32 * i + 32]
            )
            parts.append(InheritedScorer(part, batch_size=32)(genotype))
        assert scorer(genotype) == scorer(genotype)
        used.add(parts.index(scorer(genotype)))
    assert len(used) > 1


def test_a_cell_of_nasbench101_is_run_by_its_specification(small_run):
    run = small_run('maenas_nasbench101_1xb64-50e_cifar10', heldout=8)
    genotype = run.space.random_genotype(random.Random(4))
    model = run.model.eval()
    images = run.heldout.inputs
    mask = model.mask_generator(images, keys=range(8))
    with torch.no_grad():
        for norm in model.modules():
            if isinstance(norm, torch.nn.BatchNorm2d):
                norm.train()
        with model.arch.fixed(genotype):
            features = model.backbone(images * (1 - mask))
        error = (model.neck(model.bridge(features)) - images).abs() * mask
    direct = -float((error.sum((1, 2, 3)) / (3 * mask.sum((1, 2, 3)))).mean())
    assert InheritedScorer(run)(genotype) == pytest.approx(direct, abs=1e-6)


def test_a_supervised_search_scores_by_accuracy_or_loss(small_run):
    run = small_run('darts_nasbench201_1xb64-50e_cifar10')
    genotype = run.space.parse(GENOTYPE)
    accuracy = InheritedScorer(run)(genotype)
    assert accuracy * 96 == pytest.approx(round(accuracy * 96))
    assert InheritedScorer(run, score='accuracy')(genotype) == accuracy
    assert -5 < InheritedScorer(run, score='loss')(genotype) < -1
    with pytest.raises(ValueError, match=r"MAENAS scores an image by \['loss', 'l1'\], got score='accuracy'"):
        InheritedScorer(small_run(heldout=4), score='accuracy')(genotype)
    with pytest.raises(ValueError, match='InheritedScorer scores with trained weights; set run.checkpoint'):
        build_scorer(dict(type='mmnas_mae.InheritedScorer'), run)
    with pytest.raises(ValueError, match='InheritedScorer needs held-out images'):
        InheritedScorer(small_run(heldout=0))


def test_child_weights_execute_the_edges_of_the_child_only():
    arch = CellArchitecture('darts_s0', edge_norm=True)
    genotype = arch.space.random_genotype(random.Random(0))
    weights = arch.hold(genotype)
    for kind, cell in genotype.cells.items():
        graph, child = arch.space.cells[kind], weights[kind]
        assert float(child.ops.sum()) == 8
        assert child.edges is None
        assert sum(map(len, child.active)) == 8
        for node, edges in enumerate(cell.nodes, 2):
            for op, source in edges:
                e = graph.edges.index((node, source))
                assert child.active[e] == [graph.ops[e].index(op)]
                assert float(child.ops[e, child.active[e][0]]) == 1
    nasnet = CellArchitecture('nasnet')
    twice = nasnet.hold(get_space('nasnet').parse(_NASNET))
    assert float(twice['normal'].ops.sum()) == 20 - 10


_NASNET = (
    "Genotype(normal=[('sep_conv_5x5', 1), ('sep_conv_3x3', 0), ('sep_conv_5x5', 0), ('sep_conv_3x3', 0), "
    "('avg_pool_3x3', 1), ('skip_connect', 0), ('avg_pool_3x3', 0), ('avg_pool_3x3', 0), ('sep_conv_3x3', 1), "
    "('skip_connect', 1)], normal_concat=[2, 3, 4, 5, 6], reduce=[('sep_conv_5x5', 1), ('sep_conv_7x7', 0), "
    "('max_pool_3x3', 1), ('sep_conv_7x7', 0), ('avg_pool_3x3', 1), ('sep_conv_5x5', 0), ('skip_connect', 3), "
    "('avg_pool_3x3', 2), ('sep_conv_3x3', 2), ('max_pool_3x3', 1)], reduce_concat=[4, 5, 6])"
)


def test_only_members_of_the_space_run():
    arch = CellArchitecture('nasbench201')
    with (
        pytest.raises(ValueError, match='space nasbench201 has the cells'),
        arch.fixed(get_space('darts_s0').random_genotype(random.Random(0))),
    ):
        pass
    with (
        pytest.raises(ValueError, match='BaseArchitecture cannot run a single architecture'),
        BaseArchitecture().fixed(get_space('nasbench201').parse(GENOTYPE)),
    ):
        pass


def test_what_is_fixed_ends_with_its_context_also_after_an_error():
    arch, generator = CellArchitecture('nasbench201'), random.Random(0)
    outer, inner = arch.space.random_genotype(generator), arch.space.random_genotype(generator)
    with arch.fixed(outer):
        with pytest.raises(ValueError, match='in the middle'):
            _fail_within(arch, inner)
        assert arch.sample()['cell'].active == arch.hold(outer)['cell'].active
    assert arch.sample()['cell'].active is None


def _fail_within(arch, genotype):
    with arch.fixed(genotype):
        assert arch.sample()['cell'].active == arch.hold(genotype)['cell'].active
        raise ValueError('in the middle')
