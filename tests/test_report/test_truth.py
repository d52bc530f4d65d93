"""What a benchmark's table knows of a search, drawn in the units that the table has."""

import re

import pytest

from mmnas_mae.report.report_sections import truth
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
