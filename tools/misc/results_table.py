"""Writes the tables of results from the metafiles that model-index.yml imports, or checks that they are up to date.

A model with "Row of Table N" in its metadata is a row of the paper's Table N: Published is what the paper prints,
Results what was reproduced with Config, Evidence of a result the file that shows it. A document has a table between the
lines <!-- results: table N --> and <!-- end results -->, and how many rows are reproduced between
<!-- results: summary --> and that.
"""

import argparse
import re
import sys
from pathlib import Path
from typing import Any, Iterator

import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ('docs/results.md', 'README.md')
NOT_YET = 'not yet reproduced'
#: Rows that no config runs.
WITHOUT_CONFIG = 'configs/published_rows.yml'

_ROW = re.compile(r'Row of Table (\d+)')
_BLOCK = re.compile(r'(<!-- results: (?:summary|table (\d+)) -->\n).*?(<!-- end results -->)', re.DOTALL)


def read_models(root: Path = ROOT) -> list[dict[str, Any]]:
    """The models of all metafiles, in the order of model-index.yml, and those that no config runs.

    Raises:
        ValueError: a metafile is missing or has no models.
    """
    models = []
    for name in [*yaml.safe_load((root / 'model-index.yml').read_text())['Import'], WITHOUT_CONFIG]:
        if not (root / name).is_file():
            raise ValueError(f'model-index.yml imports {name}, which does not exist')
        content = yaml.safe_load((root / name).read_text())
        if not isinstance(content, dict) or not content.get('Models'):
            raise ValueError(f'{name} has no Models')
        models += content['Models']
    return models


def rows_of(models: list[dict[str, Any]]) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """(table, name of the row, model) of every model that is a row of the paper."""
    for model in models:
        for key, row in model.get('Metadata', {}).items():
            match = _ROW.fullmatch(key)
            if match:
                yield int(match[1]), str(row), model


def build_table(models: list[dict[str, Any]], number: int) -> str:
    """Table ``number`` in Markdown: the published columns, then ours, then the config.

    Raises:
        ValueError: no model is a row of it, or two rows differ in their columns.
    """
    rows = [(model['Metadata'].get('Line', 0), row, model) for table, row, model in rows_of(models) if table == number]
    if not rows:
        raise ValueError(f'no metafile has a row of Table {number}')
    rows.sort(key=lambda entry: entry[0])  # stable: the order of the file where there are no lines
    columns = list(rows[0][2]['Metadata']['Published'])
    head = [f'paper: {column}' for column in columns]
    lines = ['| | ' + ' | '.join(head) + ' | **this repository** | config |', '|' + '---|' * (len(columns) + 3)]
    notes = []
    for _, row, model in rows:
        published = model['Metadata']['Published']
        if list(published) != columns:
            raise ValueError(f'Table {number}: row {row!r} has the columns {list(published)}, the first has {columns}')
        ours = _ours(model)
        config = f'[{Path(model["Config"]).stem}](../{model["Config"]})' if model.get('Config') else ''
        lines.append('| ' + ' | '.join([_label(row), *map(_cell, published.values()), ours, config]) + ' |')
        notes += [f'{_label(row)}: {note}.' for note in _notes(model)]
    return '\n'.join(lines) + '\n' + ('\n' + '\n'.join(f'- {note}' for note in notes) + '\n' if notes else '')


def build_summary(models: list[dict[str, Any]]) -> str:
    """How many rows of each table have figures of this repository."""
    tables: dict[int, list[bool]] = {}
    for number, _, model in rows_of(models):
        tables.setdefault(number, []).append(bool(model.get('Results')))
    lines = ['| table of the paper | rows | of which with figures of this repository |', '|---|---|---|']
    lines += [f'| {number} | {len(done)} | {sum(done) or "none"} |' for number, done in sorted(tables.items())]
    return '\n'.join([*lines, f'| all | {sum(map(len, tables.values()))} | {sum(map(sum, tables.values()))} |', ''])


def _label(row: str) -> str:
    """A row's name. The paper's "ours" is its authors', which a reader here would take for this repository's."""
    return row.replace('(ours', '(proposed')


def _ours(model: dict[str, Any]) -> str:
    """What was reproduced, in bold, with a link to what shows it."""
    parts = []
    for result in model.get('Results') or []:
        figures = ', '.join(f'{name} {_cell(value)}' for name, value in result['Metrics'].items())
        link = f' ([evidence](../{result["Evidence"]}))' if result.get('Evidence') else ''
        parts.append(f'**{figures}**{link}')
    return ', '.join(parts) or NOT_YET


def _notes(model: dict[str, Any]) -> Iterator[str]:
    """What a row needs to be said beside its figures."""
    meta = model['Metadata']
    for result in model.get('Results') or []:
        if result.get('Setting'):
            yield f'this repository with {result["Setting"]}'
    if meta.get('Search Config'):
        yield f'searched with [{Path(meta["Search Config"]).stem}](../{meta["Search Config"]})'
    if meta.get('Study'):
        yield f'rows `{meta["Study Rows"]}` of [{Path(meta["Study"]).stem}](../{meta["Study"]})'
    if meta.get('Genotype') and meta.get('Init Channels'):
        counts = f'{meta["Parameters"]:,} parameters and {meta["Multiply-Adds"] / 1e6:.1f} M multiply-adds'
        yield f'published cell `{meta["Genotype"]}`, which at {meta["Init Channels"]} channels has {counts}'
    elif meta.get('Genotype'):
        yield f'published cell `{meta["Genotype"]}`'
    if meta.get('Source'):
        yield meta['Source']
    if meta.get('Backbone'):
        counts = f'{meta["Parameters"]:,} parameters and {meta["Multiply-Adds"] / 1e6:.1f} M multiply-adds'
        yield f'in mmpretrain `backbone={meta["Backbone"]}` with timm installed, {counts}'


def _cell(value: Any) -> str:
    if value is None:
        return ''
    return {True: 'yes', False: 'no'}[value] if isinstance(value, bool) else str(value)


def fill(text: str, models: list[dict[str, Any]]) -> str:
    """``text`` with every table between markers built anew."""

    def block(match: re.Match) -> str:
        made = build_summary(models) if match[2] is None else build_table(models, int(match[2]))
        return f'{match[1]}\n{made}\n{match[3]}'

    return _BLOCK.sub(block, text)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--check', action='store_true', help='write nothing; fail if a table is out of date')
    args = parser.parse_args()
    models, stale = read_models(), []
    for name in DOCUMENTS:
        path = ROOT / name
        old = path.read_text() if path.exists() else ''
        new = fill(old, models)
        if name == 'README.md':
            new = new.replace('](../configs/', '](configs/')
        if new != old:
            stale.append(name)
            if not args.check:
                path.write_text(new)
    print(f'{"out of date" if args.check else "written"}: {", ".join(stale) or "nothing"}')
    return int(args.check and bool(stale))


if __name__ == '__main__':
    sys.exit(main())
