"""Shows a notebook as a page: its text and its code, without a kernel. `tools/misc/notebook.py` makes the notebooks."""

import json

from docutils.nodes import document
from myst_parser.sphinx_ import Parser
from sphinx.application import Sphinx


class NotebookParser(Parser):
    """Reads the cells of a notebook as Markdown."""

    supported = ('notebook',)

    def parse(self, inputstring: str, document: document) -> None:
        cells = json.loads(inputstring)['cells']
        parts = (''.join(cell['source']) for cell in cells)
        kinds = (cell['cell_type'] for cell in cells)
        text = '\n\n'.join(
            f'```python\n{part.rstrip()}\n```' if kind == 'code' else part for part, kind in zip(parts, kinds)
        )
        super().parse(text, document)


def setup(app: Sphinx) -> dict:
    app.add_source_suffix('.ipynb', 'notebook')
    app.add_source_parser(NotebookParser)
    return dict(parallel_read_safe=True)
