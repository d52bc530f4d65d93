"""Pages made of files that stand elsewhere in the repository, and links from any page to such files.

A page of :data:`SHOWN` has one line on disk, for readers of the repository, and in the site the text of the files named
there. Links to a file that some page shows lead to that page; links to other files download them.
"""

import importlib
import re
from pathlib import Path
from types import ModuleType

from sphinx.application import Sphinx
from sphinx.ext import autosummary

DOCS = Path(__file__).resolve().parent.parent
ROOT = DOCS.parent
CONFIGS = 'search ablation discrete retrain pretrain detection segmentation analysis quickstart _base_'.split()
EXAMPLES = sorted(path.name for path in (ROOT / 'projects').glob('example_*'))
#: Page -> the files whose text it has, one after another.
SHOWN = {
    'changelog': ['CHANGELOG.md'],
    'contributing': ['CONTRIBUTING.md'],
    'configs': ['configs/README.md', *(f'configs/{name}/README.md' for name in CONFIGS)],
    'worked_extensions': ['projects/README.md', *(f'projects/{name}/README.md' for name in EXAMPLES)],
}
PAGE_OF = {ROOT / file: page for page, files in SHOWN.items() for file in files}
LINK = re.compile(r'(?<!!)\[([^\]\n]*)\]\(([^)\s]+)\)')


def setup(app: Sphinx) -> dict:
    # The first sentence of a docstring does not end with these.
    autosummary.WELL_KNOWN_ABBREVIATIONS += ('eq.', 'cf.')
    app.connect('source-read', read)
    return dict(parallel_read_safe=True)


def read(app: Sphinx, page: str, source: list[str]) -> None:
    """The text of a page as the site has it."""
    if page in SHOWN:
        source[0] = shown(page)
    elif page.startswith('api/'):
        source[0] += reference(importlib.import_module(f'mmnas_mae.{page.removeprefix("api/")}'))
    elif not page.startswith('tutorial'):
        source[0] = relink(source[0], DOCS)


def shown(page: str) -> str:
    """The files of a page in one; headings of all but the first stand one level lower."""
    parts = []
    for file in SHOWN[page]:
        path = ROOT / file
        if not path.exists():
            continue
        text = relink(path.read_text(encoding='utf-8'), path.parent)
        if parts:
            text = re.sub(r'^(#+ )', r'#\1', text, flags=re.MULTILINE)
        if page == 'worked_extensions' and parts:
            text += sources(path.parent)
        parts.append(f'({label(path)})=\n{text}')
    return '\n\n'.join(parts)


def sources(folder: Path) -> str:
    """The modules and configs of a worked extension, whole."""
    files = [*sorted(folder.glob('*.py')), *sorted(folder.glob('configs/*.py'))]
    blocks = [
        f'`{file.relative_to(ROOT)}`\n\n```{{literalinclude}} ../{file.relative_to(ROOT)}\n:language: python\n```\n'
        for file in files
        if file.name != '__init__.py'
    ]
    return '\n' + '\n'.join(blocks)


def label(path: Path) -> str:
    return re.sub(r'\W+', '-', str(path.relative_to(ROOT)).lower()).strip('-')


def relink(text: str, base: Path) -> str:
    """Links of a Markdown text that stands in ``base``, as a page in docs/ has them."""

    def replace(match: re.Match) -> str:
        words, target = match[1], match[2]
        place, _, anchor = target.partition('#')
        if not place or '://' in target or target.startswith('mailto:'):
            return match[0]
        path = (base / place).resolve()
        if path.is_dir() and (path / 'README.md').exists():
            path /= 'README.md'
        anchor = f'#{anchor}' if anchor else ''
        if words.endswith('.md') and path.suffix == '.md' and path.is_relative_to(DOCS):
            # Named by its file: its title says more.
            words = ''
        if path in PAGE_OF:
            return f'[{words}](#{label(path)})'
        if path.is_relative_to(DOCS):
            return f'[{words}]({path.relative_to(DOCS)}{anchor})'
        if path.is_file() and path.suffix != '.md':
            return f'[{words}](../{path.relative_to(ROOT)})'
        # Folders and the README of the repository have no page.
        return words if words.startswith('`') else f'`{words}`'

    fenced = re.split(r'(^```.*?^```$)', text, flags=re.MULTILINE | re.DOTALL)
    return ''.join(part if part.startswith('```') else LINK.sub(replace, part) for part in fenced)


def reference(module: ModuleType) -> str:
    """A table of what a module exports, and what each of these says of itself."""
    names = [name for name in getattr(module, '__all__', ()) if not isinstance(getattr(module, name), ModuleType)]
    members = [name for name in names if callable(getattr(module, name))]
    table = ''.join(f'   {name}\n' for name in sorted(members, key=str.lower))
    return (
        f'\n```{{eval-rst}}\n.. currentmodule:: {module.__name__}\n\n.. autosummary::\n   :nosignatures:\n\n{table}\n'
        f'.. automodule:: {module.__name__}\n   :members:\n   :imported-members:\n```\n'
    )
