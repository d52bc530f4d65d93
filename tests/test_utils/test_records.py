"""Records of a run: written whole, read and trimmed even where the run was killed while it wrote."""

import json
import logging

import pytest

from mmnas_mae.utils.records import (
    append_record,
    keep_records,
    read_records,
    replacing,
    settings_hash,
    trim_history,
    write_json,
    write_records,
)

LINES = [dict(epoch=epoch, accuracy=0.5) for epoch in (1, 2, 3)]


@pytest.fixture
def cut(tmp_path):
    """A history whose last line was cut off inside a character."""
    path = tmp_path / 'arch_history.jsonl'
    write_records(path, LINES)
    with path.open('ab') as file:
        file.write('{"epoch": 4, "name": "ü'.encode()[:-1])
    return path


def test_a_line_that_was_cut_off_is_left_out_with_a_warning(cut, caplog):
    with caplog.at_level(logging.WARNING):
        assert read_records(cut) == LINES
    assert f'{cut}, line 4: cut off' in caplog.text


def test_a_resumed_run_trims_a_history_whose_last_line_was_cut_off(cut):
    trim_history(cut, 2)
    assert read_records(cut) == LINES[:2]
    append_record(cut, LINES[2])
    # Nothing of the half line is left that the next one could be glued to.
    assert cut.read_text().splitlines() == [json.dumps(line) for line in LINES]


def test_another_line_that_is_no_json_is_an_error_that_names_it(tmp_path):
    path = tmp_path / 'arch_history.jsonl'
    path.write_text('{"epoch": 1}\nnot json\n{"epoch": 3}\n')
    with pytest.raises(ValueError, match=r'arch_history.jsonl, line 2: not JSON'):
        trim_history(path, 1)
    assert path.read_text().count('\n') == 3


def test_a_file_that_is_not_there_has_no_lines_and_is_made(tmp_path):
    path = tmp_path / 'a' / 'b.jsonl'
    assert read_records(path) == []
    keep_records(path, lambda record: True)
    assert path.read_text() == ''
    append_record(tmp_path / 'c' / 'd.jsonl', LINES[0])
    assert read_records(tmp_path / 'c' / 'd.jsonl') == LINES[:1]


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / 'result.json'
    write_json(path, dict(score=1))
    with pytest.raises(TypeError, match='not JSON serializable'):
        write_json(path, dict(score=object()))
    with pytest.raises(FileNotFoundError, match='result.json'), replacing(path):
        pass  # nothing was written
    assert json.loads(path.read_text()) == dict(score=1)
    assert list(tmp_path.iterdir()) == [path]


def test_the_hash_is_of_the_settings_that_shape_a_run():
    settings = dict(model=dict(width=1), work_dir='a', randomness=dict(seed=0), load_from=None, resume=False)
    other = dict(settings, work_dir='b', randomness=dict(seed=1))
    assert settings_hash(settings) == settings_hash(other)
    assert settings_hash(settings) != settings_hash(dict(settings, model=dict(width=2)))
    assert settings_hash(settings) != settings_hash(dict(settings, load_from='x.pth'))
    # What a resumed run goes on from is no setting of it.
    resumed = dict(resume=True, load_from='x.pth')
    assert settings_hash(dict(settings, **resumed)) == settings_hash(dict(settings, resume=True))
