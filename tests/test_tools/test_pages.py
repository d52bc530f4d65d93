"""Every command of the documents runs, at a small size, or says why it is not run; bash reads all of them."""

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from awkward_images import awkward_folder
from pages import blocks, commands, small

from mmnas_mae import registry
from mmnas_mae.spaces import load_genotype

REPOSITORY = Path(__file__).resolve().parents[2]
PAGES = sorted(
    str(path.relative_to(REPOSITORY))
    for pattern in ('README.md', 'docs/*.md', 'configs/*/README.md', 'projects/*/README.md')
    for path in REPOSITORY.glob(pattern)
)
#: Pages whose commands another test runs, with more questions.
ELSEWHERE = {
    'docs/own_images.md': 'test_tools/test_own_images_page.py',
    **{page: 'test_projects/test_extensions.py' for page in PAGES if page.startswith('projects/')},
}
#: Of these `make test` runs the commands too.
FIRST = ('README.md', 'docs/get_started.md', 'docs/api.md')
RUN = [
    pytest.param(page, marks=() if page in FIRST else pytest.mark.slow)
    for page in PAGES
    if page not in ELSEWHERE
    and any(b.language in ('bash', 'python') and not b.reason for b in blocks(REPOSITORY / page))
]


@pytest.fixture
def own_registries():
    """Pages register parts of their own, which go with the page."""
    # What registers itself when it is imported has to be there before.
    for room in ('models', 'engine', 'datasets', 'discrete', 'costs', 'apis', 'benchmarks'):
        importlib.import_module(f'mmnas_mae.{room}')
    found = [value for value in vars(registry).values() if isinstance(value, registry.Registry)]
    before = [dict(value.module_dict) for value in found]
    yield
    for value, names in zip(found, before):
        for name in set(value.module_dict) - set(names):
            del value.module_dict[name]


@pytest.fixture
def stage(call, data_file, repository, tmp_path, monkeypatch, own_registries):
    """A folder in which the commands stand as in a checkout whose user has what the pages speak of."""
    for name in ('configs', 'tools', 'projects', 'mmnas_mae'):
        (tmp_path / name).symlink_to(repository / name)
    (tmp_path / 'train.parquet').symlink_to(data_file('cifar10_train_20k.parquet'))
    (tmp_path / 'test.parquet').symlink_to(data_file('cifar10_test_4k.parquet'))
    for name in ('images', 'classes'):
        awkward_folder(tmp_path / 'path/to' / name, tmp_path / f'outside of {name}')
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def run(call, monkeypatch, variables, words):
    """One command: a tool in this process, several processes as they are."""
    words = small(words)
    with monkeypatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        if words[0] == 'python':
            return call(*words[1:])
        environment = dict(os.environ, PYTHON=sys.executable, PYTHONPATH=str(REPOSITORY), PORT='29617')
        process = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=500, check=False)
        assert process.returncode == 0, process.stdout[-2000:] + process.stderr[-2000:]
        return process.stdout


@pytest.mark.parametrize('page', RUN)
def test_the_commands_of_a_page_run(page, stage, call, monkeypatch):
    if page not in FIRST:
        (stage / 'work_dirs/SEARCH').mkdir(parents=True)
        load_genotype('DARTS_V2').save(stage / 'work_dirs/SEARCH/genotype.json')
    names = {}
    for block in blocks(REPOSITORY / page):
        if block.reason:
            continue
        if block.language == 'python':
            exec(compile(block.text, block.place, 'exec'), names)
        elif block.language == 'bash':
            for variables, words in commands(block, dict(os.environ)):
                print(block.place, *words)
                run(call, monkeypatch, variables, words)


@pytest.mark.parametrize('page', PAGES)
def test_every_command_is_one_that_bash_reads_and_some_test_runs(page):
    assert page not in ELSEWHERE or (REPOSITORY / 'tests' / ELSEWHERE[page]).is_file()
    for block in blocks(REPOSITORY / page):
        text = block.text
        looks_like = re.search(r'^(?:[A-Z_]+=\S+ )?(?:python|pip|make|tools/\S+\.sh|docker) ', text, re.MULTILINE)
        assert not (looks_like and block.language == ''), f'{block.place}: a block of commands is named bash'
        assert not block.mark or block.reason, f'{block.place}: {block.mark!r} is no mark of tests/pages.py'
        if block.language != 'bash':
            continue
        assert subprocess.run(['bash', '-n'], input=text, text=True, check=False).returncode == 0, block.place
        if not block.reason:
            assert commands(block, dict(os.environ)), f'{block.place}: nothing to run'
        # A reason that names a test names one that exists.
        for name in re.findall(r'(?:tests|docs)/[\w/.]*\w', block.reason):
            assert (REPOSITORY / name).exists(), f'{block.place}: {name}'
        for tool in re.findall(r'(?:tools|configs|projects)/[\w/.-]+\.(?:py|sh)', text):
            assert (REPOSITORY / tool).is_file(), f'{block.place}: {tool}'


def test_a_command_that_no_test_can_run_is_found(tmp_path):
    (tmp_path / 'page.md').write_text("# A\n\n## B\n\n```bash\npython 'a b.py' --x $Y \\\n    1\nrm -r nothing\n```\n")
    (block,) = blocks(tmp_path / 'page.md')
    assert (block.section, block.language, block.place) == ('B', 'bash', 'page.md:5')
    with pytest.raises(AssertionError, match='no program of tests/pages.py: rm -r nothing'):
        commands(block, dict(Y='2'))
    block.text = block.text.replace('rm -r nothing\n', 'Z=3 tools/dist_train.sh\n')
    first, second = commands(block, dict(Y='2'))
    assert first == ({}, ['python', 'a b.py', '--x', '2', '1'])
    assert second == ({'Z': '3'}, ['tools/dist_train.sh'])
