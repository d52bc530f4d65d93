"""What a benchmark's table knows of a search, drawn in the units that the table has."""

import re

import numpy as np
import pytest

from mmnas_mae.benchmarks import get_benchmark
from mmnas_mae.report.report_truth import landscape, truth
from mmnas_mae.report.search_history import SearchHistory

VALUES = [dict(scene_top1=50.0, layout_loss=-0.7), dict(scene_top1=55.0, layout_loss=-0.6)]


def words(page):
    figure = re.search(r'<figure id="truth-figure">.*?</figure>', page, re.DOTALL)[0]
    return re.findall(r'<text[^>]*>([^<]*)</text>', figure)


@pytest.mark.parametrize(
    'units, titles',
    [
        (dict(scene_top1='per cent', layout_loss='nats'), ['per cent', 'nats']),
        (dict(scene_top1='share of 1', layout_loss='share of 1'), ['share of 1']),
        ({}, []),
    ],
)
def test_axes_say_the_units_of_the_table(tmp_path, units, titles):
    lines = [dict(epoch=i, arch='a', values=values, units=units) for i, values in enumerate(VALUES, 1)]
    drawn = words(truth(SearchHistory(tmp_path, truth=lines), ''))
    known = ('per cent', 'nats', 'share of 1')
    assert [word for word in drawn if word in known] == titles
    panels = max(1, len(titles))
    assert drawn.count('after full training, by the table') == panels


def test_records_without_units_have_a_bare_axis(tmp_path):
    lines = [dict(epoch=i, arch='a', values=values) for i, values in enumerate(VALUES, 1)]
    assert 'per cent' not in words(truth(SearchHistory(tmp_path, truth=lines), ''))


def searched(tmp_path, table, values):
    config = dict(default_hooks=dict(benchmark=dict(benchmark='nasbench201', table=str(table))))
    lines = [dict(epoch=1, arch='a', values=values, units=dict.fromkeys(values, 'per cent'))]
    return SearchHistory(tmp_path, config=config, truth=lines)


def test_a_find_stands_among_all_cells_of_the_benchmark(tmp_path):
    """Figures of the whole table: mean 87.06, all 3x3 convolutions 93.76, the best 94.37."""
    known = landscape(searched(tmp_path, get_benchmark('nasbench201').packed, dict(cifar10_test=92.9)))
    assert (known.name, known.unit, len(known.values)) == ('cifar10_test', 'per cent', 15625)
    assert known.marks == {
        'random cell, mean': pytest.approx(87.06, abs=0.01),
        'largest cell': 93.76,
        'best cell': 94.37,
    }
    assert known.share == np.mean(known.values < 92.9)
    assert 0.88 < known.share < 0.92
    share = f'{100 * known.share:.1f} %'
    assert known.sentence().startswith(f'True cifar10_test 92.90 per cent, better than {share} of 15,625')
    page = truth(searched(tmp_path, get_benchmark('nasbench201').packed, dict(cifar10_test=92.9)), '')
    assert known.sentence() in page
    assert '<figure id="landscape-figure">' in page


@pytest.mark.parametrize('values', [{}, dict(other_test=1.0)])
def test_what_the_table_lacks_stands_nowhere(tmp_path, values):
    assert landscape(searched(tmp_path, get_benchmark('nasbench201').packed, values)) is None


def test_a_table_that_is_gone_is_done_without(tmp_path):
    history = searched(tmp_path, tmp_path / 'gone.parquet', dict(cifar10_test=92.9))
    assert landscape(history) is None
    assert 'truth-table' in truth(history, '')
