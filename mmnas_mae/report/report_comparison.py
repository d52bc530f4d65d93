"""The section of a report on what tools/compare.py has found."""

from typing import Any, Mapping, Optional

from ..spaces import get_space
from ..utils.pictures import png_uri
from . import markup
from .search_history import COMPARISON, SearchHistory


def comparison(history: SearchHistory, prefix: str) -> str:
    """Whether the found network beats the obvious alternatives of its cost, and the accuracy of each."""
    content = history.comparison
    parts = []
    found = history.genotype
    if found is not None and get_space(found.space).format(found) != content['genotype']:
        parts.append(markup.paragraph('This is of another genotype than the one that was found here.', 'missing'))
    said = [(bool(verdict['wins']), verdict['sentence']) for verdict in content['verdicts']]
    parts.append(markup.findings(said, f'{prefix}comparison-list'))
    costs = [[each['label'], *each['cost'].values(), each['latency_ms']] for each in content['rivals']]
    head = ['network', *content['rivals'][0]['cost'], f'ms, one image, {content["device"]}']
    parts.append(markup.table(head, costs, f'{prefix}comparison-costs', 'What the networks cost'))
    rows = [
        [row['setting'], row['label'], *(_three(row[key]) for key in ('accuracy', 'found_ahead', 'pretraining'))]
        for row in content['rows']
    ]
    head = ['setting', 'network', 'accuracy (%)', 'found minus it', 'pre-trained minus from scratch']
    caption = f'Accuracy on {content["heldout_images"]} held-out images with t intervals at 95 %'
    parts.append(markup.table(head, rows, f'{prefix}comparison-table', caption))
    picture = (history.folder / COMPARISON).with_suffix('.png')
    if picture.is_file():
        parts.append(markup.image_figure(png_uri(picture), f'{prefix}comparison-picture', 'Accuracy of each network'))
    parts.append(markup.paragraph(f'Recipe: {content["recipe"]}.', 'remark'))
    return '\n'.join(parts)


def _three(interval: Optional[Mapping[str, Any]]) -> str:
    """A mean and its interval."""
    if interval is None:
        return ''
    ends = '' if interval['low'] is None else f' [{interval["low"]:.1f}, {interval["high"]:.1f}]'
    return f'{interval["mean"]:.1f}{ends}'
