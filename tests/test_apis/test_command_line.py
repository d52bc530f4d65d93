"""Flags and errors that the tools share."""

import argparse
import sys
from dataclasses import replace

import pytest

from mmnas_mae.apis.command_line import (
    add_import_argument,
    add_network_arguments,
    import_flags,
    network_size,
    run_tool,
)
from mmnas_mae.spaces import load_genotype


def test_modules_are_imported_while_the_command_line_is_read(tmp_path, monkeypatch):
    for name in ('first_of_two', 'second_of_two'):
        (tmp_path / f'{name}.py').write_text('VALUE = 1\n')
    monkeypatch.syspath_prepend(tmp_path)
    parser = argparse.ArgumentParser()
    add_import_argument(parser)
    given = ['--import', 'first_of_two', '--import', 'second_of_two']
    args = parser.parse_args(given)
    assert sys.modules['first_of_two'].VALUE == sys.modules['second_of_two'].VALUE == 1
    assert args.imports == ['first_of_two', 'second_of_two']
    assert import_flags(args) == given
    assert parser.parse_args([]).imports == []
    with pytest.raises(ModuleNotFoundError, match='--import: .*module_of_nobody.*PYTHONPATH'):
        parser.parse_args(['--import', 'module_of_nobody'])


@pytest.mark.parametrize('error', [ValueError, FileNotFoundError, ModuleNotFoundError, RuntimeError])
def test_wrong_input_ends_in_one_line(error):
    def main():
        raise error('what is wrong')

    with pytest.raises(SystemExit) as stop:
        run_tool(main)()
    assert stop.value.code == 'error: what is wrong'
    assert run_tool(lambda: 3)() == 3


def test_a_fault_of_the_program_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError):
        run_tool(lambda: 1 // 0)()


@pytest.mark.parametrize(
    'given, expected',
    [
        ([], (36, 20, 'cifar', 10)),
        (['--stem', 'imagenet'], (48, 14, 'imagenet', 1000)),
        (['--init-channels', '4', '--layers', '5', '--num-classes', '7'], (4, 5, 'cifar', 7)),
    ],
)
def test_the_size_of_a_network_follows_its_stem(given, expected):
    parser = argparse.ArgumentParser()
    add_network_arguments(parser)
    settings, classes = network_size(parser.parse_args(given), load_genotype('DARTS_V2'))
    assert (*settings.values(), classes) == expected


@pytest.mark.parametrize(
    'found_on, given, expected',
    [
        (dict(stem='imagenet'), [], (48, 14, 'imagenet', 1000)),
        (dict(stem='imagenet'), ['--stem', 'cifar'], (36, 20, 'cifar', 10)),
        (dict(stem=dict(type='mmnas_mae.ConvStem')), [], (36, 20, dict(type='mmnas_mae.ConvStem'), 10)),
    ],
)
def test_the_stem_is_that_of_the_search(found_on, given, expected):
    parser = argparse.ArgumentParser()
    add_network_arguments(parser)
    genotype = replace(load_genotype('DARTS_V2'), search=found_on)
    settings, classes = network_size(parser.parse_args(given), genotype)
    assert (*settings.values(), classes) == expected


def test_another_skeleton_has_its_own_size():
    parser = argparse.ArgumentParser()
    add_network_arguments(parser)
    genotype = load_genotype('|skip_connect~0|+|none~0|none~1|+|none~0|none~1|none~2|', 'nasbench201')
    assert network_size(parser.parse_args([]), genotype) == ({}, 10)
    assert network_size(parser.parse_args(['--init-channels', '4']), genotype) == (dict(init_channels=4), 10)
