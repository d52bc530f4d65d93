"""Tables for readers, as Markdown."""

from typing import Optional, Sequence


def format_number(value: Optional[float], digits: int = 2) -> str:
    """Empty where there is none."""
    return '' if value is None else f'{value:.{digits}f}'


def markdown_table(rows: Sequence[Sequence[str]]) -> str:
    """The first row is the head."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = ['| ' + ' | '.join(cell.ljust(width) for cell, width in zip(row, widths)) + ' |' for row in rows]
    lines.insert(1, '|' + '|'.join('-' * (width + 2) for width in widths) + '|')
    return '\n'.join(lines)
