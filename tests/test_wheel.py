"""The built package, used where nothing of the checkout is: in an empty folder."""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
#: What a wheel is built from.
SOURCES = """
mmnas_mae configs tools docs projects requirements model-index.yml setup.py pyproject.toml MANIFEST.in Makefile
README.md LICENSE CHANGELOG.md CITATION.cff CONTRIBUTING.md
""".split()
BUILD = 'from setuptools.build_meta import *; build_wheel("../dist"); build_sdist("../dist")'


@pytest.fixture(scope='module')
def built(tmp_path_factory):
    """A wheel and an sdist, built from a copy."""
    folder = tmp_path_factory.mktemp('built')
    (folder / 'source').mkdir()
    leave = shutil.ignore_patterns('__pycache__', '.mim')
    for name in SOURCES:
        source, target = REPOSITORY / name, folder / 'source' / name
        shutil.copytree(source, target, ignore=leave) if source.is_dir() else shutil.copy(source, target)
    process = subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', BUILD],
        cwd=folder / 'source',
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr[-2000:]
    return folder / 'dist'


@pytest.fixture(scope='module')
def installed(built, tmp_path_factory):
    """Runs Python in an empty folder with the wheel in place of the checkout."""
    site, empty = tmp_path_factory.mktemp('site'), tmp_path_factory.mktemp('empty')
    (wheel,) = built.glob('*.whl')
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)

    def run(program, *arguments):
        process = subprocess.run(
            [sys.executable, '-W', 'ignore', '-c', program, *arguments],
            cwd=empty,
            env={**os.environ, 'PYTHONPATH': str(site)},
            capture_output=True,
            text=True,
        )
        assert process.returncode == 0, process.stderr[-2000:]
        return process.stdout.strip()

    run.site, run.empty = site, empty
    return run


def test_the_wheel_holds_every_config_and_tool(built):
    (wheel,) = built.glob('*.whl')
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ('configs', 'tools'):
        files = [
            path for path in (REPOSITORY / folder).rglob('*') if path.is_file() and '__pycache__' not in path.parts
        ]
        assert {f'mmnas_mae/.mim/{path.relative_to(REPOSITORY)}' for path in files} <= names
    assert {'mmnas_mae/.mim/model-index.yml', 'mmnas_mae/py.typed', 'mmnas_mae/report/report.html'} <= names
    assert not [name for name in names if '__pycache__' in name]


def test_the_sdist_builds_again(built):
    (sdist,) = built.glob('*.tar.gz')
    with tarfile.open(sdist) as archive:
        names = {name.partition('/')[2] for name in archive.getnames()}
    assert {'Makefile', 'docs/guide.md', 'projects/README.md', 'model-index.yml', 'requirements/core.txt'} <= names
    assert not [name for name in names if '/.mim/' in name]


def test_the_metadata_say_what_is_true(built):
    (wheel,) = built.glob('*.whl')
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith('/METADATA')]
        text = archive.read(name).decode()
    head, _, readme = text.partition('\n\n')
    assert 'Author: mmnas_mae developers' in head
    assert 'Classifier: Programming Language :: Python :: 3.12' in head
    # A page of an index has no files beside it, and nobody has published a project of this name.
    assert '](docs/' not in readme
    texts = [readme, *(path.read_text() for path in REPOSITORY.glob('docs/*.md'))]
    texts += [path.read_text() for path in (REPOSITORY / 'mmnas_mae').rglob('*.py')]
    assert not [text for text in texts if re.search(r'pip install "?mmnas-mae', text)]


def test_mmengine_finds_configs_of_the_installed_package(installed):
    (installed.empty / 'mine.py').write_text(
        "_base_ = 'mmnas_mae::search/maenas_nasbench201_1xb64-50e_cifar10.py'\ntrain_cfg = dict(max_epochs=3)\n"
    )
    found = installed(
        'import mmnas_mae, json; from mmengine.hub import get_config; from mmengine.config import Config\n'
        'indexed = get_config("mmnas_mae::search/maenas_nasbench201_1xb64-50e_cifar10.py")\n'
        'other = get_config("mmnas_mae::search/maenas_darts-s0_1xb64-50e_folder.py")\n'
        'mine = Config.fromfile("mine.py")\n'
        'print(json.dumps([indexed.filename, other.model.type, mine.train_cfg.max_epochs, mine.model.type]))'
    )
    filename, kind, epochs, mine = json.loads(found.splitlines()[-1])
    assert Path(filename).is_relative_to(installed.site / 'mmnas_mae' / '.mim' / 'configs')
    assert (kind, epochs, mine) == ('mmnas_mae.MAENAS', 3, 'mmnas_mae.MAENAS')


def test_commands_run_from_an_empty_folder(installed):
    main = 'import sys; from mmnas_mae.cli.main import main; sys.exit(main())'
    assert str(installed.site) in installed(main, 'doctor')
    assert installed(main, 'draw', 'DARTS_V2', '--out', 'cell.png') == 'cell.png'
    assert (installed.empty / 'cell.png').stat().st_size > 10_000


def test_links_of_an_editable_install_are_no_part_of_the_repository():
    assert '/mmnas_mae/.mim/' in (REPOSITORY / '.gitignore').read_text().splitlines()
