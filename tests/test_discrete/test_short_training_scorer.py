"""Scores of networks that are trained alone for a few steps on real images."""

import random

import pytest
import torch

from mmnas_mae.discrete import ShortTrainingScorer
from mmnas_mae.models import DARTSSupernet
from mmnas_mae.models.layers.batch_statistics import batch_statistics
from mmnas_mae.utils.seeding import kept_random_state

ARCHS = [
    '|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_1x1~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|',
    '|none~0|+|none~0|none~1|+|none~0|none~1|none~2|',
]


def test_training_lowers_the_loss_and_a_cell_of_zeros_learns_nothing(small_run):
    run = small_run(train=64)
    good, zeros = (run.space.parse(arch) for arch in ARCHS)
    short, longer = (ShortTrainingScorer(run, steps=steps, batch_size=16) for steps in (1, 60))
    assert longer(good) > short(good) + 0.2
    # All it can give is one colour, which is close to zero on normalised pixels.
    assert longer(zeros) == pytest.approx(-float(run.heldout.inputs.abs().mean()), abs=0.1)
    assert longer(good) > longer(zeros) + 0.05


def test_the_score_is_a_function_of_the_architecture_and_the_seed(small_run):
    run = small_run(train=32, heldout=16)
    genotype = run.space.parse(ARCHS[0])
    first = ShortTrainingScorer(run, steps=3, batch_size=8)(genotype)
    torch.manual_seed(99)
    state = torch.get_rng_state()
    assert ShortTrainingScorer(run, steps=3, batch_size=8)(genotype) == first
    assert torch.equal(torch.get_rng_state(), state)
    assert ShortTrainingScorer(run, steps=3, batch_size=8, seed=1)(genotype) != first


@pytest.mark.parametrize(
    'config',
    [
        'maenas_darts-s0_1xb64-50e_cifar10',
        'maenas_nasbench101_1xb64-50e_cifar10',
        'darts_nasbench201_1xb64-50e_cifar10',
    ],
)
def test_other_spaces_and_objectives(small_run, config):
    run = small_run(config, train=16, heldout=8)
    run.heldout, score = run.train, None if config.startswith('maenas') else 'loss'
    genotype = run.space.random_genotype(random.Random(1))
    untrained = ShortTrainingScorer(run, steps=1, batch_size=8, lr=1e-9, score=score)(genotype)
    assert ShortTrainingScorer(run, steps=12, batch_size=8, lr=1e-2, score=score)(genotype) > untrained
    network = sum(p.numel() for p in ShortTrainingScorer(run)._build(genotype).backbone.parameters())
    assert network < sum(p.numel() for p in run.model.backbone.parameters())


@pytest.mark.parametrize('config', ['maenas_nasbench201_1xb64-50e_cifar10', 'maenas_darts-s0_1xb64-50e_cifar10'])
def test_sparse_masking_trains_and_scores_otherwise(small_run, config):
    scores = {}
    for masking in ('input', 'sparse'):
        run = small_run(config, train=16, options={'model.masking': masking})
        run.heldout = run.train
        genotype = run.space.random_genotype(random.Random(1))
        scores[masking] = [
            ShortTrainingScorer(run, steps=steps, batch_size=8, lr=lr)(genotype)
            for steps, lr in ((1, 1e-9), (12, 1e-2))
        ]
        assert scores[masking][1] > scores[masking][0] + 0.01
    assert scores['input'][1] != pytest.approx(scores['sparse'][1], abs=1e-4)


def test_masked_pixels_do_not_reach_the_features(small_run):
    run = small_run(train=8, heldout=4, options={'model.masking': 'sparse'})
    scorer = ShortTrainingScorer(run, steps=1, batch_size=4)
    model = scorer._build(run.space.parse(ARCHS[0]))
    images = run.heldout.inputs
    mask = model.mask_generator(images)
    other = torch.where(mask == 1, 50 * torch.randn_like(images), images)
    for one, same in zip(model.encode(images, mask)[0], model.encode(other, mask)[0]):
        assert torch.equal(one, same)
        assert one.any()
    assert not torch.equal(model.encode(images, mask)[0][0], model.encode(images, 1 - mask)[0][0])


def test_more_masks_average_the_score(small_run):
    scores = {}
    for masks in (1, 3):
        run = small_run(train=8, heldout=16, options={'model.masks': masks})
        genotype = run.space.parse(ARCHS[0])
        scores[masks] = ShortTrainingScorer(run, steps=2, batch_size=4)(genotype)
    scorer = ShortTrainingScorer(run, steps=2, batch_size=4)
    with kept_random_state():
        torch.manual_seed(scorer.seed)
        model = scorer._build(genotype)
        scorer._train(model)
        losses = []
        with torch.no_grad(), batch_statistics(model):
            samples, images = run.heldout.samples, run.heldout.inputs
            for number in range(3):
                mask = model.fixed_mask(images, samples, number)
                losses.append(-float(model.head.per_image(model.reconstruct(images, mask), images, mask).mean()))
    assert scores[1] == pytest.approx(losses[0], abs=1e-6)
    assert scores[3] == pytest.approx(sum(losses) / 3, abs=1e-6)
    assert len({round(loss, 6) for loss in losses}) == 3


class OwnSupernet(DARTSSupernet):
    """A search network that no skeleton is registered for."""


def test_a_search_network_of_its_own_is_not_scored_as_darts(small_run):
    run = small_run('maenas_darts-s0_1xb64-50e_cifar10', heldout=4, train=8)
    run.model.backbone = OwnSupernet(init_channels=2, layers=3)
    with pytest.raises(ValueError, match="skeleton 'OwnSupernet' has no stand-alone network"):
        ShortTrainingScorer(run, steps=1, batch_size=4)


def test_wrong_settings_are_named(small_run):
    with pytest.raises(ValueError, match='set heldout and train to their numbers'):
        ShortTrainingScorer(small_run(heldout=4))
    run = small_run(heldout=4, train=8)
    with pytest.raises(ValueError, match='batch_size lie between 1 and the 8 training images, got 300 and 16'):
        ShortTrainingScorer(run)
