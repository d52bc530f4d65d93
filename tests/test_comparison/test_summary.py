"""What a comparison says of its numbers."""

import re

import pytest

from mmnas_mae.comparison.compare import _frozen
from mmnas_mae.comparison.picture import comparison_figure
from mmnas_mae.comparison.rivals import Rival
from mmnas_mae.comparison.summary import Run, summarize, verdicts
from mmnas_mae.comparison.table import format_comparison

RIVALS = [Rival(name, f'the {name}', {}, dict(params=1000, macs=2e6)) for name in ('found', 'resnet', 'random')]


def runs(start='scratch', labels=1.0, judge='train', **accuracies):
    return [
        Run(name, start, judge, labels, seed, value, 2.0, 0.1)
        for name, values in accuracies.items()
        for seed, value in enumerate(values)
    ]


def test_the_found_network_does_not_win_where_one_is_ahead():
    rows = summarize(RIVALS, runs(found=[75, 76, 74], resnet=[95, 96, 95], random=[74, 76.5, 74]))
    (said,) = verdicts(rows)
    assert said['wins'] is False
    assert said['sentence'].startswith(
        'Trained from scratch on 100 % of the labels: the found network does not win: it is behind the resnet (-20.3 ['
    )
    assert 'it cannot be told apart from the random (+0.2 [' in said['sentence']
    assert rows[1]['found_ahead']['mean'] == pytest.approx(-61 / 3)
    assert rows[0]['found_ahead'] is None
    assert rows[0]['accuracy']['mean'] == 75


def test_it_wins_where_it_is_ahead_of_every_one():
    rows = summarize(RIVALS, runs(found=[90, 91, 92], resnet=[80, 81, 82.5], random=[70, 71, 71]))
    (said,) = verdicts(rows)
    assert said['wins'] is True
    assert 'the found network wins: it is ahead of the resnet' in said['sentence']
    # Ahead of one and not told apart from another is no win.
    rows = summarize(RIVALS, runs(found=[90, 91, 92], resnet=[80, 81, 82.5], random=[89, 93, 92]))
    (said,) = verdicts(rows)
    assert said['wins'] is False
    assert 'it cannot be told apart from the random' in said['sentence']


def test_one_seed_says_nothing_of_chance_and_diverged_ones_are_named():
    (said,) = verdicts(summarize(RIVALS, runs(found=[90], resnet=[80])))
    assert said['wins'] is None
    assert 'nobody wins; the best is the found with 90.0 %' in said['sentence']
    rows = summarize(RIVALS, runs(found=[90, None, 92], resnet=[80, 81, None]))
    assert [row['diverged'] for row in rows] == [[1], [2]]
    assert rows[1]['found_ahead'] == dict(mean=10, low=None, high=None)


def test_pretrained_weights_are_compared_with_those_drawn_and_with_their_like():
    few = runs(labels=0.1, found=[30, 32, 31], resnet=[40, 40, 41])
    few += runs('pretrained', 0.1, found=[50, 51, 52.5], resnet=[45, 44, 46])
    rows = summarize(RIVALS, few)
    by = {(row['rival'], row['start']): row for row in rows}
    assert by['found', 'pretrained']['pretraining']['mean'] == pytest.approx(20.1666667)
    assert by['found', 'scratch']['pretraining'] is None
    assert by['resnet', 'pretrained']['found_ahead']['mean'] == pytest.approx(6.1666667)
    assert [(said['start'], said['wins']) for said in verdicts(rows)] == [('scratch', False), ('pretrained', True)]
    content = dict(
        rows=rows,
        verdicts=verdicts(rows),
        rivals=[dict(rival.to_dict(), latency_ms=3.0) for rival in RIVALS],
        seeds=[0, 1, 2],
        heldout_images=50,
        recipe='SGD',
        device='cpu',
        left_out=dict(mobilenet='too large'),
        pretrained=dict(found=dict(l1=0.31, l1_image_mean=0.7, l1_diffusion_fill=0.4, epochs=9, seconds=None)),
    )
    text = format_comparison(content)
    assert '| the resnet | 45.0 ± 2.5 | +6.2 [3.6, 8.8]' in text
    assert re.search(r'the found +\| 0.3100 +\| 0.7000 +\| 0.4000 +\| 9 ', text)
    assert 'Left out: mobilenet: too large.' in text


@pytest.mark.parametrize('shares', [(1.0,), (0.1, 1.0)])
def test_the_picture_has_every_network(shares):
    made = [run for share in shares for run in runs(labels=share, found=[90, 91], resnet=[80, 81], random=[99, 100])]
    figure = comparison_figure(summarize(RIVALS, made))
    (axis,) = figure.axes
    if len(shares) == 1:
        assert [label.get_text() for label in axis.get_yticklabels()] == ['the resnet', 'the found', 'the random']
    else:
        assert [text.get_text() for text in axis.get_legend().get_texts()] == [
            f'the {name}, from scratch' for name in ('found', 'resnet', 'random')
        ]
    low, high = axis.get_xlim() if len(shares) == 1 else axis.get_ylim()
    assert -1 <= low
    assert high <= 101


def test_frozen_weights_of_a_checkpoint_on_all_labels_count_once():
    class Asked:
        def frozen(self, rival, labels, seed, weights):
            return dict(knn=dict(accuracy=50.0, seconds=1.0))

    seen = [
        [(run.labels, run.seed) for run in _frozen(Asked(), RIVALS[0], weights, (1.0, 0.1), (3, 4), ['knn'])]
        for weights in (None, 'epoch_9.pth')
    ]
    assert seen == [[(1.0, 3), (0.1, 3), (1.0, 4), (0.1, 4)], [(1.0, 3), (0.1, 3), (0.1, 4)]]
