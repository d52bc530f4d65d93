"""Probes of frozen networks against independent implementations, and statistics that are taken anew."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestNeighbors
from torch import nn

from mmnas_mae.comparison.judges import (
    NEIGHBOURS,
    TEMPERATURE,
    LinearProbe,
    judge_linear,
    judge_neighbours,
    settle_statistics,
)


@pytest.fixture
def blobs():
    """60 labelled and 90 other features of three classes in 5 dimensions of very different scales."""
    generator = torch.Generator().manual_seed(0)
    centres = torch.randn(3, 5, generator=generator, dtype=torch.float64)
    labels = torch.arange(150) % 3
    rows = centres[labels] + 0.7 * torch.randn(150, 5, generator=generator, dtype=torch.float64)
    rows = rows * torch.tensor([1.0, 100, 0.01, 5, 1], dtype=torch.float64)
    return (rows[:60], labels[:60]), (rows[60:], labels[60:])


@pytest.mark.parametrize('penalty', [1e-3, 1e-1])
def test_the_linear_probe_is_logistic_regression(blobs, penalty):
    (rows, labels), (others, truth) = blobs
    probe = LinearProbe(penalty, 3).fit(rows, labels)
    scaled, mean, std = rows.numpy(), rows.numpy().mean(0), rows.numpy().std(0)
    # Theirs is C * sum of losses + squares / 2.
    theirs = LogisticRegression(C=1 / (2 * penalty * len(rows)), tol=1e-10, max_iter=10_000)
    theirs.fit((scaled - mean) / std, labels)
    ours = torch.softmax((others - probe.mean) / probe.std @ probe.weight.T + probe.bias, 1).detach().numpy()
    np.testing.assert_allclose(ours, theirs.predict_proba((others.numpy() - mean) / std), atol=1e-4)
    score = probe.judge(others, truth)
    assert score.accuracy == pytest.approx(100 * theirs.score((others.numpy() - mean) / std, truth))


def test_the_penalty_is_chosen_without_the_heldout_labels(blobs):
    train, (others, truth) = blobs
    found = [judge_linear(train, (others, labels), 3, 0.2) for labels in (truth, truth.flip(0))]
    assert found[0][1] == found[1][1]
    assert found[0][0].accuracy > found[1][0].accuracy


def test_the_vote_of_the_neighbours(blobs):
    (rows, labels), (others, truth) = blobs
    mean = rows.mean(0)
    index = NearestNeighbors(n_neighbors=NEIGHBOURS, metric='cosine').fit((rows - mean).numpy())
    distances, places = index.kneighbors((others - mean).numpy())
    votes = np.zeros((len(others), 3))
    for row, (far, place) in enumerate(zip(distances, places)):
        for distance, neighbour in zip(far, place):
            votes[row, labels[neighbour]] += np.exp((1 - distance) / TEMPERATURE)
    expected = 100 * (votes.argmax(1) == truth.numpy()).mean()
    assert judge_neighbours((rows, labels), (others, truth), 3).accuracy == pytest.approx(expected)
    # Fewer labels than neighbours: all vote.
    few = judge_neighbours((rows[:3], labels[:3]), (others, truth), 3)
    assert 0 <= few.accuracy <= 100


def test_running_statistics_are_means_over_one_pass():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.backbone = nn.BatchNorm2d(2, momentum=0.3)
            self.data_preprocessor = lambda batch: batch

    model, generator = Model(), torch.Generator().manual_seed(1)
    nn.init.constant_(model.backbone.running_mean, 9.0)
    batches = [dict(inputs=torch.randn(4, 2, 3, 3, generator=generator) + k) for k in range(3)]
    settle_statistics(model, batches)
    means = torch.stack([batch['inputs'].mean((0, 2, 3)) for batch in batches]).mean(0)
    torch.testing.assert_close(model.backbone.running_mean, means)
    assert model.backbone.momentum == 0.3
    assert not model.training
