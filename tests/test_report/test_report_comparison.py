"""What a report says of a comparison, and that it says nothing where there was none."""

import json
import re

import pytest

from mmnas_mae.report.report import write_report

NB201 = dict(type='mmnas_mae.NASBench201Supernet', init_channels=2, cells_per_stage=1)


@pytest.fixture
def content():
    """As tools/compare.py leaves it, of a genotype that is another one than a random search finds."""
    interval = dict(mean=-20.33, low=-22.1, high=-18.6)
    row = dict(setting='Trained from scratch on 100 % of the labels', pretraining=None)
    rows = [
        dict(row, label='found <C 2>', accuracy=dict(mean=75.0, low=72.5, high=77.5), found_ahead=None),
        dict(row, label='ResNet-18', accuracy=dict(mean=95.33, low=94.0, high=96.6), found_ahead=interval),
    ]
    costs = [dict(params=1000 * k, macs=2_000_000) for k in (1, 2)]
    return dict(
        genotype='|nor_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|none~2|',
        rows=rows,
        rivals=[dict(label=row['label'], cost=cost, latency_ms=1.5) for row, cost in zip(rows, costs)],
        verdicts=[dict(wins=False, sentence='the found network does not win: it is behind ResNet-18 (-20.3)')],
        heldout_images=80,
        device='cpu',
        recipe='SGD, gradients are not clipped',
    )


def test_the_page_says_that_the_found_network_does_not_win(leave_search, content, tmp_path):
    folder = leave_search(tmp_path / 'search', dict(NB201, space='nasbench201'))
    assert 'Does it pay?' not in write_report(folder).read_text()
    place = folder / 'compare'
    place.mkdir()
    (place / 'comparison.json').write_text(json.dumps(content))
    page = write_report(folder).read_text()
    section = re.search(r'<section id="comparison">.*?</section>', page, re.DOTALL)[0]
    assert '<li class="bad">' in section
    assert 'does not win: it is behind ResNet-18' in section
    assert 'of another genotype than the one' in section
    cells = re.findall(r'<td data-name="([^"]*)"[^>]*>([^<]*)</td>', section)
    assert ('accuracy (%)', '95.3 [94.0, 96.6]') in cells
    assert ('found minus it', '-20.3 [-22.1, -18.6]') in cells
    assert ('network', 'found &lt;C 2&gt;') in cells
    assert ('macs', '2,000,000') in cells
