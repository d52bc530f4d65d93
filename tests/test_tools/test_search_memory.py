"""What a search is computed to keep: distinct storages, in proportion to images, pixels and channels."""

import json
import sys

import pytest
import search_memory
from search_memory import estimate, kept_bytes, largest_batch

TINY = dict(type='mmnas_mae.DARTSSupernet', space='darts_s2', init_channels=4, layers=3)


def test_what_is_kept_grows_with_the_batch_and_nothing_else():
    few, more, most = (kept_bytes(TINY, 16, images)[0] for images in (2, 4, 6))
    assert most - more == more - few > 0
    image, constant = estimate(TINY, 16)
    parameters = kept_bytes(TINY, 16, 2)[1]
    assert image * 4 == more - (few - 2 * image)
    assert constant == pytest.approx(16 * parameters, abs=0.05 * few)


def test_it_grows_with_pixels_and_channels():
    image, _ = estimate(TINY, 16)
    assert estimate(TINY, 32)[0] == pytest.approx(4 * image, rel=0.01)
    wide, _ = estimate(dict(TINY, init_channels=8), 16)
    # All but the image, its mask and what the decoder makes of them.
    assert 1.7 * image < wide < 2 * image


def test_the_largest_batch_is_a_power_of_two_that_fits():
    assert largest_batch(image=1e8, constant=4e7, memory=7e9, factor=1.0) == 64
    assert largest_batch(image=1e8, constant=4e7, memory=7e9, factor=1.7) == 32
    assert largest_batch(image=1e8, constant=4e7, memory=1e8, factor=1.0) is None


def test_the_table_names_a_batch_for_each_card(monkeypatch, capsys):
    monkeypatch.setitem(search_memory.CASES, 'tiny', (TINY, 16))
    for flags in ([], ['--json']):
        monkeypatch.setattr(sys, 'argv', ['search_memory.py', '--cases', 'tiny', '--memory', '2', '1.0001', *flags])
        search_memory.main()
    lines = capsys.readouterr().out.splitlines()
    (found,) = json.loads(lines.pop())
    assert lines[0].split(' | ')[-2:] == ['batch in 2 GB', 'batch in 1.0001 GB |']
    captured, eager = (found['batches'][name][0] for name in ('captured', 'eager'))
    assert captured * found['image'] < 1e9 < 2 * captured * found['image'] + 2 * found['constant']
    assert f'{captured} ({eager})' in lines[2]
