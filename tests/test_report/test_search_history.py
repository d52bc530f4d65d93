"""What is read from a work directory."""

import json

import pytest

from mmnas_mae.report.curves import best_scores, heldout_curves, loss_curves, truth_curves
from mmnas_mae.report.search_history import Epoch, SearchHistory, read_search
from mmnas_mae.spaces import get_space

NB201 = dict(type='mmnas_mae.NASBench201Supernet', init_channels=2, cells_per_stage=1)
SKIPS = '|skip_connect~0|+|skip_connect~0|skip_connect~1|+|skip_connect~0|skip_connect~1|skip_connect~2|'
ARCH = '|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|nor_conv_3x3~2|'


def train(step, loss, epoch):
    return dict(loss=loss, time=0.1, epoch=epoch, iter=step, step=step)


def test_a_resumed_run_is_read_as_one(tmp_path, write_lines):
    """The second part goes on from epoch 2; what the first wrote after that does not count."""
    write_lines(
        tmp_path / '20260101_000000' / 'vis_data' / 'scalars.json',
        [
            *(train(s, s / 10, 1 + (s > 20)) for s in (10, 20)),
            {'arch/entropy': 0.9, 'step': 1},
            *(train(s, 77.0, 2) for s in (30, 40)),
            {'arch/entropy': 77.0, 'step': 2},
        ],
    )
    write_lines(
        tmp_path / '20260102_000000' / 'vis_data' / 'scalars.json',
        [train(30, 3.0, 2), {'arch/entropy': 0.8, 'step': 2}, {'reconstruction/l1': 0.5, 'time': 9.0, 'step': 2}],
    )
    for day, minutes in (('01', 2), ('02', 5)):
        stamps = [f'2026/01/{day} 00:{minute:02}:00 - mmengine - INFO - x' for minute in (0, 1, minutes)]
        (tmp_path / f'202601{day}_000000' / 'run.log').write_text('\n'.join(stamps))
    history = read_search(tmp_path)
    assert history.scalars['loss'] == ((10, 20, 30), (1.0, 2.0, 3.0))
    assert history.scalars['arch/entropy'] == ((1, 2), (0.9, 0.8))
    assert history.scalars['time'] == ((10, 20, 30), (0.1, 0.1, 0.1))
    assert history.scalars['val/time'] == ((2,), (9.0,))
    assert history.seconds == 7 * 60
    assert history.parts == 2
    assert heldout_curves(history) == {'reconstruction/l1': ((2,), (0.5,))}
    assert loss_curves(history) == {'weights': history.scalars['loss']}


def test_a_search_by_gradient(tmp_path, leave_search, write_lines):
    leave_search(tmp_path, NB201, epochs=2, max_epochs=4)
    values = dict(cifar10_test=93.5)
    write_lines(
        tmp_path / 'benchmark_history.jsonl',
        [dict(epoch=1, arch=ARCH, values=None), dict(epoch=2, arch=ARCH, values=values)],
    )
    # A killed run leaves half a line.
    with (tmp_path / 'arch_history.jsonl').open('a') as file:
        file.write('{"epoch": 3, "genot')
    history = read_search(tmp_path)
    assert [epoch.epoch for epoch in history.epochs] == [1, 2]
    assert history.max_epochs == 4
    assert history.setting('model.neck.type') == 'mmnas_mae.HierarchicalDecoder'
    assert history.setting('model.neck.none', 'default') == 'default'
    assert history.genotype.cells == history.epochs[-1].cells
    assert loss_curves(history) == {'weights': ((10, 20), (1.0, 0.5)), 'alpha': ((10, 20), (2.0, 1.0))}
    assert truth_curves(history) == {'cifar10_test': ((2,), (93.5,))}


def test_every_epoch_is_judged_as_the_hook_does(tmp_path):
    """Two epochs with a cell of skips, then two with another; alpha prefers what it derives in the last two alone."""
    skips = get_space('nasbench201').parse(SKIPS)
    convs = get_space('nasbench201').parse(SKIPS.replace('skip_connect', 'nor_conv_3x3'))
    found = [(skips, 1.0), (skips, 2.0), (convs, 2.0), (convs, 2.0)]
    epochs = [Epoch(i, g.cells, {}, 0.5, g.cells['cell'].count('skip_connect'), r) for i, (g, r) in enumerate(found, 1)]
    history = SearchHistory(tmp_path, epochs=epochs, genotype=convs)
    assert [verdict.collapsed for verdict in history.verdicts] == [True, True, False, False]
    assert [verdict.decided for verdict in history.verdicts] == [False, True, True, True]
    assert history.final_verdict() == history.verdicts[-1]
    settings = dict(default_hooks=dict(genotype=dict(collapse_ratio=1.0, decided_ratio=3.0)))
    history = SearchHistory(tmp_path, config=settings, epochs=epochs, genotype=convs)
    assert [verdict.collapsed for verdict in history.verdicts] == [False] * 4
    assert [verdict.decided for verdict in history.verdicts] == [False] * 4


def test_the_limits_of_a_search_travel_with_its_genotype(tmp_path):
    convs = get_space('nasbench201').parse(SKIPS.replace('skip_connect', 'nor_conv_3x3'))
    known = dict(entropy=0.5, ratio=2.0, decided_ratio=3.0)
    assert SearchHistory(tmp_path, genotype=convs.with_meta(decision=known)).final_verdict().decided is False
    known['decided_ratio'] = 1.5
    assert SearchHistory(tmp_path, genotype=convs.with_meta(decision=known)).final_verdict().decided is True


def test_a_history_without_a_genotype_is_judged_in_the_space_of_its_config(tmp_path):
    skips = get_space('nasbench201').parse(SKIPS)
    epoch = Epoch(1, skips.cells, {}, 0.5, 6)
    assert SearchHistory(tmp_path, epochs=[epoch]).space is None
    config = dict(model=dict(backbone=dict(space='nasbench201')))
    assert SearchHistory(tmp_path, config=config, epochs=[epoch]).verdicts[0].collapsed


def test_what_was_selected_is_judged_by_itself(tmp_path):
    """A selection after the search has another cell than the last epoch, of which alpha says nothing."""
    space = get_space('nasbench201')
    convs = space.parse(SKIPS.replace('skip_connect', 'nor_conv_3x3'))
    history = SearchHistory(tmp_path, epochs=[Epoch(1, convs.cells, {}, 0.5, 0, 2.0)], genotype=space.parse(SKIPS))
    assert history.final_verdict().collapsed
    assert history.final_verdict().decided is None
    assert SearchHistory(tmp_path).final_verdict() is None


def test_a_discrete_search(tmp_path, write_lines):
    lines = [dict(number=i, arch=f'a{i}', score=score, seconds=0.5) for i, score in enumerate([None, 2.0, 1.0, 3.0])]
    write_lines(tmp_path / 'evaluations.jsonl', [dict(settings=dict(space='nasbench201', seed=7)), *lines])
    get_space('nasbench201').parse(ARCH).save(tmp_path / 'genotype.json')
    history = read_search(tmp_path)
    assert history.settings['seed'] == 7
    assert best_scores(history) == ((2, 3, 4), (2.0, 2.0, 3.0))
    assert history.seconds == 2.0
    (tmp_path / 'repeat.json').write_text(json.dumps(dict(seconds=12.5)))
    assert read_search(tmp_path).seconds == 12.5


def test_stages_in_their_order(tmp_path, leave_search):
    for number in (10, 2, 1):
        leave_search(tmp_path / f'stage_{number}', NB201, epochs=number % 9)
    history = read_search(tmp_path)
    assert [len(stage.epochs) for stage in history.stages] == [1, 2, 1]
    assert history.stages[-1].folder.name == 'stage_10'


def test_what_is_no_search_is_refused_in_one_line(tmp_path):
    with pytest.raises(FileNotFoundError, match="work directory '.*none' does not exist"):
        read_search(tmp_path / 'none')
    with pytest.raises(FileNotFoundError, match='is no work directory of a search; it has none of genotype.json, '):
        read_search(tmp_path)
    (tmp_path / 'arch_history.jsonl').write_text('{"epoch"\n{}\n')
    with pytest.raises(ValueError, match='arch_history.jsonl, line 1: not JSON'):
        read_search(tmp_path)
