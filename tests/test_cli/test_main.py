"""The command `mmnas`: thin over the tools, light at its start, and its --help starts nothing."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mmnas_mae.cli.completion import completion_script
from mmnas_mae.cli.main import HELP, available, main
from mmnas_mae.utils.shipped import TOOLS, find_config, typed_command

OPTIMUM = '|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|'


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_command_has_a_tool_and_a_word_of_help(capsys):
    assert list(HELP) == list(TOOLS)
    assert available() == list(TOOLS)
    assert main(['--help']) == 0
    printed = capsys.readouterr().out
    assert all(f'  {name} ' in printed for name in (*available(), 'completion'))
    assert max(map(len, printed.splitlines())) <= 79


@pytest.mark.parametrize('name', TOOLS)
def test_help_is_a_screen_and_starts_nothing(name, empty, capsys):
    with pytest.raises(SystemExit) as ended:
        main([name, '--help'])
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f'usage: mmnas {name} ')
    assert len(printed.splitlines()) <= 90
    assert list(empty.iterdir()) == []


def test_a_name_that_is_no_command_is_said_in_one_line(capsys):
    assert main(['serch']) == 2
    assert capsys.readouterr().err == "error: 'serch' is no command of mmnas; did you mean search?\n"


def test_the_entry_and_a_query_need_no_torch(empty):
    ask = (
        'from mmnas_mae.cli.main import main; import sys; main(["--help"]);'
        f'main(["query", "nasbench201", {OPTIMUM!r}]);'
        'print([name for name in ("torch", "matplotlib", "mmpretrain") if name in sys.modules])'
    )
    process = subprocess.run([sys.executable, '-c', ask], capture_output=True, text=True, cwd=empty)
    assert process.returncode == 0, process.stderr
    *_, answer, heavy = process.stdout.splitlines()
    assert json.loads(answer)['cifar10_test'] == pytest.approx(94.37, abs=0.01)
    assert heavy == '[]'


def test_arguments_and_errors_are_those_of_the_tool(empty, capsys):
    before = list(sys.argv)
    assert main(['draw', 'DARTS_V2', '--out', 'cell.png']) is None
    assert (empty / 'cell.png').read_bytes()[:4] == b'\x89PNG'
    with pytest.raises(SystemExit, match=r"^error: .*'no.json'"):
        main(['draw', 'no.json'])
    assert sys.argv == before


@pytest.mark.parametrize(
    'words, expected',
    [
        (['mmnas', 'se'], ['search']),
        (['mmnas', ''], ['search', 'draw']),
        (['mmnas', 'draw', '--'], ['--first', '--second-one']),
        (['mmnas', 'search', '--s'], ['--size']),
        (['mmnas', 'draw', 'cell'], []),
    ],
)
def test_bash_completes_names_and_flags(words, expected):
    helps = {
        'search': lambda: print('usage: x [--size N] [--work-dir X]'),
        'draw': lambda: print('--first, --second-one: a-word--no'),
    }
    script = completion_script('bash', helps)
    given = ' '.join(f'"{word}"' for word in words)
    ask = f'{script}\nCOMP_WORDS=({given}); COMP_CWORD={len(words) - 1}; _mmnas; echo "${{COMPREPLY[@]}}"'
    process = subprocess.run(['bash', '-c', ask], capture_output=True, text=True)
    assert process.stderr == ''
    found = process.stdout.split()
    assert [word for word in found if word != 'completion'] == expected


def test_completion_asks_the_tools_for_their_flags(empty, capsys):
    assert main(['completion', 'zsh']) == 0
    script = capsys.readouterr().out
    assert 'bashcompinit' in script.splitlines()[0]
    flags = dict(
        line.strip().removesuffix("' ;;").split(") flags='") for line in script.splitlines() if 'flags=' in line[:40]
    )
    assert set(available()) <= set(flags)
    assert {'--size', '--plan', '--resume', '--hours'} <= set(flags['search'].split())
    assert main(['completion', 'fish']) == 2


def test_configs_are_found_by_their_path_in_the_repository_from_anywhere(empty, repository):
    path = repository / 'configs/search/maenas_darts-s0_1xb64-50e_cifar10.py'
    for name in (
        'configs/search/' + path.name,
        'mmnas_mae::search/' + path.name,
        'mmnas_mae::search/' + path.stem,
        path,
    ):
        assert find_config(name) == path
    own = empty / 'configs/search' / path.name
    own.parent.mkdir(parents=True)
    own.write_text('')
    # A file of the user's counts over one of the package.
    assert find_config('configs/search/' + path.name) == Path('configs/search', path.name)
    for name in ('configs/no.py', 'configs/../setup.py', 'mmnas_mae::no/no.py', 'setup.py'):
        with pytest.raises(FileNotFoundError, match=f"config '{name}' does not exist"):
            find_config(name)


def test_an_installed_package_names_its_own_commands():
    root = Path('/site-packages/mmnas_mae/.mim')
    assert typed_command('python tools/train.py configs/a.py --x', root) == 'mmnas train configs/a.py --x'
    assert typed_command('python tools/analysis/get_flops.py a', root) == f'python {root}/tools/analysis/get_flops.py a'
    assert typed_command('tools/dist_train.sh a 8', root) == f'bash {root}/tools/dist_train.sh a 8'
    assert typed_command('python tools/train.py a', Path('/checkout')) == 'python tools/train.py a'
