"""Flags and errors that the tools share."""

import argparse
import sys

import pytest

from mmnas_mae.utils.command_line import add_import_argument, import_flags, run_tool


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


def test_the_traceback_is_shown_where_it_is_asked_for(monkeypatch):
    def main():
        assert sys.argv == ['tool.py', 'config.py']  # the flag is no matter of the tool
        raise ValueError('what is wrong')

    monkeypatch.setattr(sys, 'argv', ['tool.py', '--traceback', 'config.py'])
    with pytest.raises(ValueError, match='what is wrong'):
        run_tool(main)()


def test_a_long_message_is_cut():
    def main():
        raise RuntimeError('size mismatch\n' * 1000)

    with pytest.raises(SystemExit) as stop:
        run_tool(main)()
    assert len(stop.value.code) < 700
    assert '\n' not in stop.value.code


def test_a_fault_of_the_program_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError):
        run_tool(lambda: 1 // 0)()
