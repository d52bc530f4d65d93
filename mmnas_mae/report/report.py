"""The report of a search: one HTML page that needs nothing but itself."""

import os
from html import escape
from pathlib import Path
from string import Template
from typing import Callable, Union

from ..costs.standalone import standalone_cost
from ..version import __version__
from . import markup, report_alpha, report_sections, report_truth
from .curves import heldout_curves
from .markup import NotRecordedError
from .report_comparison import comparison
from .search_history import SearchHistory, read_search

_TEMPLATE = Path(__file__).with_name('report.html')

Section = Callable[[SearchHistory, str], str]

#: What the page tells of a run, in its order.
_OF_A_RUN: dict[str, Section] = {
    'Setting': report_sections.setting,
    'Curves': report_sections.curves,
    'Edges without weights': report_sections.skips,
    'Alpha over time': report_alpha.alpha,
    'Reconstructions': report_sections.reconstructions,
    'Architectures tried': report_sections.evaluations,
    'True accuracy': report_truth.truth,
    'Cost': report_sections.cost,
}


def write_report(folder: Union[str, os.PathLike], out: Union[None, str, os.PathLike] = None) -> Path:
    """Writes the page of a search.

    Args:
        folder: its work directory.
        out: the page; ``report.html`` in the work directory by default.

    Returns:
        Path: of the page.

    Raises:
        FileNotFoundError: the folder is no work directory of a search.
        ValueError: a file in it is damaged.
    """
    history = read_search(folder)
    out = Path(out or history.folder / 'report.html')
    page = render(history)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page, encoding='utf-8')
    return out


def render(history: SearchHistory) -> str:
    """The page as text. What a search has not recorded is said to be so."""
    last = history.stages[-1] if history.stages else history
    sections: list[tuple[str, Section, SearchHistory, str]] = [
        ('Did it work?', report_sections.verdict, last, ''),
        ('What was found', report_sections.cell, history, ''),
    ]
    if history.comparison is not None:
        sections.append(('Does it pay?', comparison, history, ''))
    for run in history.stages or [history]:
        name = run.folder.name if history.stages else ''
        for title, section in _OF_A_RUN.items():
            sections.append((f'{name}: {title}' if name else title, section, run, f'{name}-' if name else ''))
    sections.append(('Next commands', report_sections.commands, history, ''))
    parts, missing = [], []
    for title, section, run, prefix in sections:
        ident = f'{prefix}{section.__name__}'
        try:
            content = section(run, prefix)
            parts.append((ident, title, f'<section id="{ident}">\n<h2>{escape(title)}</h2>\n{content}\n</section>'))
        except NotRecordedError as error:
            missing.append(f'<li id="{ident}"><strong>{escape(title)}</strong>: {escape(str(error))}</li>')
    if missing:
        content = (
            f'<section id="missing">\n<h2>Not recorded</h2>\n<ul class="remark">{"".join(missing)}</ul>\n</section>'
        )
        parts.append(('missing', 'Not recorded', content))
    template = Template(_TEMPLATE.read_text(encoding='utf-8'))
    return template.substitute(
        version=escape(__version__),
        title=escape(f'{"Pre-training" if history.pretrains else "Search"} {history.name}'),
        lead=escape(_lead(history)),
        tiles=markup.tiles(_tiles(history), 'key-figures'),
        navigation=' '.join(f'<a href="#{ident}">{escape(title)}</a>' for ident, title, _ in parts),
        body='\n'.join(html for _, _, html in parts),
    )


def _lead(history: SearchHistory) -> str:
    space = history.genotype.space if history.genotype is not None else None
    objective = history.setting('model.type') or (history.settings or {}).get('search', {}).get('type') or ''
    words = [objective.removeprefix('mmnas_mae.'), f'in {space}' if space else '']
    return ' '.join(word for word in words if word) or 'Nothing was found yet'


def _tiles(history: SearchHistory) -> dict[str, tuple[str, str]]:
    last: SearchHistory = history.stages[-1] if history.stages else history
    out = {}
    if last.verdicts:
        epoch, judged = last.epochs[-1], last.verdicts[-1]
        of = f'of {last.max_epochs}' if last.max_epochs else ''
        out['epochs'] = str(epoch.epoch), of
        said = {True: 'decided', False: 'undecided', None: ''}[judged.decided]
        out['alpha'] = said, f'entropy {markup.number(epoch.entropy)}, 1 = undecided'
        alarms = sum(verdict.collapsed for verdict in last.verdicts)
        of = f'collapsed after {alarms} of {len(last.epochs)} epochs'
        out['edges without weights'] = f'{sum(judged.weightless.values())} of {judged.edges}', of
    for name, (steps, values) in heldout_curves(last).items():
        out[name] = markup.number(values[-1]), f'held-out images, epoch {steps[-1]}'
    if last.evaluations:
        scores = [line['score'] for line in last.evaluations if line['score'] is not None]
        out['best score'] = markup.number(max(scores, default=None)), f'of {len(last.evaluations)} evaluations'
    try:
        cost = None if history.genotype is None else standalone_cost(history.genotype)
    except (ValueError, TypeError, RuntimeError):  # a skeleton without a network, or one that takes other images
        cost = None
    if cost is not None:
        macs = f'{cost.complexity.macs / 1e6:,.1f} M multiply-adds: {cost.network}'
        out['parameters'] = f'{cost.complexity.params / 1e6:.2f} M', macs
    for name, value in list(report_truth.final_truth(last).items())[:2]:
        out[name] = markup.number(value), 'true value, by the table'
    spent = [run.seconds for run in (history.stages or [history]) if run.seconds is not None]
    if spent:
        starts = f'{history.parts} starts' if history.parts > 1 else ''
        out['time'] = markup.duration(sum(spent)), starts
    return out
