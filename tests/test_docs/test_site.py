"""The site: what it says of errors, versions and files is so; it builds without a warning."""

import ast
import re
import subprocess
import sys

import pytest


@pytest.fixture(scope='module')
def literals(repository):
    """Every text in the source of the package but docstrings, the pieces of a formatted one joined by a mark."""
    found = []
    for path in (repository / 'mmnas_mae').rglob('*.py'):
        tree = ast.parse(path.read_text(encoding='utf-8'))
        documents = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                found.append(''.join(v.value if isinstance(v, ast.Constant) else '\0' for v in node.values))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents:
                found.append(node.value)
    return found


def quoted(page):
    """The messages of the tables of docs/errors.md, but for what torch says."""
    for line in page.splitlines():
        match = re.match(r'\| `([^`]+)` \|', line)
        if match:
            yield match[1]


def test_every_message_on_the_page_of_errors_is_in_the_source(repository, literals):
    messages = list(quoted((repository / 'docs/errors.md').read_text()))
    assert len(messages) > 15
    for message in messages:
        pieces = [piece for piece in re.split(r'\s*\.\.\.\s*', message) if piece]
        assert any(all(piece in text for piece in pieces) for text in literals), message


def test_every_page_is_in_the_table_of_contents(repository):
    docs = repository / 'docs'
    contents = (docs / 'index.md').read_text() + (docs / 'api.md').read_text()
    listed = set(re.findall(r'^(?:[^\n<|]+ <)?([\w/]+)>?$', contents, re.MULTILINE))
    pages = {str(page.relative_to(docs).with_suffix('')) for page in [*docs.glob('*.md'), *docs.glob('api/*.md')]}
    assert pages - listed == {'index'}
    assert listed - pages == {'tutorial'}


def test_the_page_of_memory_quotes_what_the_page_of_speed_measured(repository):
    memory, speed = ((repository / 'docs' / name).read_text() for name in ('hardware.md', 'speed.md'))
    assert 'captured: S0 5.06 GB (plain 8.12), NAS-Bench-201 .82 GB (1.78), S2 1.84 GB (2.62)' in speed
    for kept, captured, plain in ((6.49, 5.06, 8.12), (2.15, 1.84, 2.62), (1.06, 0.82, 1.78)):
        row = f'| {kept:.2f} | {captured:.2f} | {captured / kept:.2f} | {plain:.2f} | {plain / kept:.2f} |'
        assert row in memory


def test_the_container_and_the_workflow_go_by_what_the_repository_has(repository):
    docker = (repository / 'Dockerfile').read_text()
    for source in re.findall(r'^COPY (.+) \S+$', docker, re.MULTILINE):
        assert all((repository / name).exists() for name in source.split()), source
    targets = set(re.findall(r'^([a-z-]+):', (repository / 'Makefile').read_text(), re.MULTILINE))
    assert set(re.findall(r'make ([a-z-]+)', docker)) <= targets
    workflow = (repository / '.github/workflows/ci.yml').read_text()
    assert 'run: .ci/run' in workflow
    versions = re.findall(r"'(3\.\d+)'", workflow.split('python: ')[1].split(']')[0])
    assert versions == ['3.10', '3.11', '3.12']


@pytest.mark.slow
def test_the_site_builds_without_a_warning(repository, tmp_path):
    command = [sys.executable, '-m', 'sphinx', '-q', '-W', '--keep-going', '-b', 'html', 'docs', str(tmp_path / 'html')]
    process = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert (process.returncode, process.stderr) == (0, '')
    reference = (tmp_path / 'html/api/models.html').read_text()
    for name in ('MAENAS', 'GenotypeBackbone', 'HierarchicalDecoder'):
        assert f'id="mmnas_mae.models.{name}"' in reference
    extensions = (tmp_path / 'html/worked_extensions.html').read_text()
    assert 'SparsemaxRelaxation' in extensions
