"""Writes a notebook from a script whose cells begin with `# %%` or `# %% [markdown]`.

The notebook has no outputs, and its cells are named by their number, so the same script gives the same file.
"""

import argparse
import json
import sys
from pathlib import Path

from mmnas_mae.utils.command_line import run_tool
from mmnas_mae.utils.errors import shorten

MARK = '# %%'


def cells(script: str) -> list[dict]:
    """The cells of a script, as a notebook of format 4.5 holds them.

    Raises:
        ValueError: the script does not begin with a cell, or a line of text is no comment.
    """
    first, *parts = f'\n{script}'.split(f'\n{MARK}')
    if first.strip() or not parts:
        start = shorten(repr(first.strip()))
        raise ValueError(f'a script begins with a cell, {MARK} or {MARK} [markdown]; this one with {start}')
    found = []
    for number, part in enumerate(parts):
        kind, _, body = part.partition('\n')
        lines = body.strip('\n').splitlines(keepends=True)
        if kind.strip() == '[markdown]':
            wrong = next((line for line in lines if not line.startswith('#')), None)
            if wrong is not None:
                raise ValueError(f'cell {number} is text, whose lines begin with #, got {shorten(repr(wrong))}')
            lines = [line.removeprefix('#').removeprefix(' ') for line in lines]
            found.append(dict(cell_type='markdown', id=f'cell-{number}', metadata={}, source=lines))
        else:
            cell = dict(cell_type='code', id=f'cell-{number}', metadata={}, source=lines)
            found.append(dict(cell, execution_count=None, outputs=[]))
    return found


def notebook(script: str) -> str:
    """The text of the notebook."""
    kernel = dict(display_name='Python 3', language='python', name='python3')
    metadata = dict(kernelspec=kernel, language_info=dict(name='python'))
    content = dict(cells=cells(script), metadata=metadata, nbformat=4, nbformat_minor=5)
    return json.dumps(content, indent=1, ensure_ascii=False) + '\n'


@run_tool
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('script', type=Path, help='such as docs/tutorial.py')
    parser.add_argument('--out', type=Path, help='the notebook (default: beside the script)')
    args = parser.parse_args()
    if not args.script.is_file():
        raise FileNotFoundError(f'script {str(args.script)!r} does not exist')
    out = args.out or args.script.with_suffix('.ipynb')
    out.write_text(notebook(args.script.read_text(encoding='utf-8')), encoding='utf-8')
    print(out)


if __name__ == '__main__':
    sys.exit(main())
