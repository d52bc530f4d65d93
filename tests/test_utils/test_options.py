"""Options of the command line."""

import argparse

import pytest
from mmengine.config import DictAction

from mmnas_mae.utils.options import OptionsAction, format_value, parse_value


@pytest.mark.parametrize(
    'text',
    [
        '1',
        '0.5',
        'true',
        'none',
        'a',
        '[1,2]',
        '(1,2)',
        '1,2,3',
        '[(weights,0.5),(arch,0.5)]',
        '[(1,2),[a,b],c]',
        '[]',
        'a/b.c',
        '1,',
        '[1,]',
        'cat,',
    ],
)
def test_what_mmengine_reads_reads_the_same(text):
    assert parse_value(text) == DictAction._parse_iterable(text)


@pytest.mark.parametrize(
    'text, value',
    [
        ('My Photos/a b.png', 'My Photos/a b.png'),
        ('[red plate, blue cup]', ['red plate', 'blue cup']),
        ("['x, y',z]", ['x, y', 'z']),
        ("'a, b'", 'a, b'),
        ("'cat','dog'", ['cat', 'dog']),
        ("'cat, 1', 2", ['cat, 1', 2]),
        ('(1) photos (2)', '(1) photos (2)'),
        ('[1)', '[1)'),
        ('[1],[2]', [[1], [2]]),
        ('(1,2),[3]', [(1, 2), [3]]),
        ("'1'", '1'),
        ("[('x, )',1),2]", [('x, )', 1), 2]),
        ('photos (1)', 'photos (1)'),
        ("it's", "it's"),
        ('', ''),
    ],
)
def test_a_text_keeps_its_blanks(text, value):
    assert parse_value(text) == value


@pytest.mark.parametrize(
    'value',
    [
        'a, b',
        'plain',
        "my 'own', photos",
        '"a", b',
        '12',
        'none',
        '',
        '[x]',
        'a,',
        [0, 4095],
        [1, 'x, y'],
        0.5,
        None,
        True,
    ],
)
def test_what_is_written_is_read_again(value):
    assert parse_value(format_value(value)) == value


def test_options_add_up_and_need_a_value(capsys):
    parser = argparse.ArgumentParser()
    parser.add_argument('--cfg-options', nargs='+', action=OptionsAction)
    args = parser.parse_args(['--cfg-options', 'a.b=1', 'c=x=y', '--cfg-options', 'a.b=2'])
    assert args.cfg_options == {'a.b': 2, 'c': 'x=y'}
    with pytest.raises(SystemExit):
        parser.parse_args(['--cfg-options', 'a'])
    assert "--cfg-options takes key=value, got 'a'" in capsys.readouterr().err
