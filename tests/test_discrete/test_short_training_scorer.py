"""Scores of networks that are trained alone for a few steps on real images."""

import random

import pytest
import torch

from mmnas_mae.discrete import ShortTrainingScorer
from mmnas_mae.spaces import get_space

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
    parameters = ShortTrainingScorer(run)._build(genotype).backbone.network
    network = sum(p.numel() for p in parameters.parameters())
    assert network < sum(p.numel() for p in run.model.backbone.parameters())


def test_wrong_settings_are_named(small_run):
    with pytest.raises(ValueError, match='set heldout and train to their numbers'):
        ShortTrainingScorer(small_run(heldout=4))
    run = small_run(heldout=4, train=8, options={'model.masking': 'sparse'})
    with pytest.raises(ValueError, match='batch_size lie between 1 and the 8 training images, got 300 and 16'):
        ShortTrainingScorer(run)
    with pytest.raises(ValueError, match='a stand-alone network has no sparse masking'):
        ShortTrainingScorer(run, steps=1, batch_size=4)(get_space('nasbench201').parse(ARCHS[0]))
