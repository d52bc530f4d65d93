"""The sections of the page of a search: each gives HTML of the history, or raises NotRecordedError for want of it."""

import json
from html import escape
from typing import Any

from ..spaces import Verdict, get_space
from ..utils.pictures import new_figure, png_uri
from ..utils.shipped import typed_command
from . import markup
from .curves import (
    best_scores,
    draw_curves,
    draw_weightless,
    heldout_curves,
    loss_curves,
    panel_figure,
    truth_curves,
    yardsticks,
)
from .drawing import genotype_figure
from .markup import NotRecordedError
from .next_steps import next_steps
from .report_truth import landscape
from .search_history import SearchHistory

#: What a reader wants to know of a setting, and where the config has it.
_SETTINGS = {
    'objective': 'model.type',
    'search network': 'model.backbone.type',
    'genotype': 'model.backbone.genotype',
    'channels': 'model.backbone.init_channels',
    'cells': 'model.backbone.layers',
    'cells per stage': 'model.backbone.cells_per_stage',
    'relaxation': 'model.backbone.relaxation.type',
    'connection': 'model.backbone.connection.type',
    'edge normalisation': 'model.backbone.edge_norm',
    'decoder': 'model.neck.type',
    'masking': 'model.masking',
    'mask ratio': 'model.mask_generator.ratio',
    'patch size (pixels)': 'model.mask_generator.patch_size',
    'images': 'train_dataloader.dataset.dataset.type',
    'where they are': 'train_dataloader.dataset.dataset.data_root',
    'batch size': 'train_dataloader.batch_size',
    'epochs': 'train_cfg.max_epochs',
    'learning rate of weights': 'optim_wrapper.weights.optimizer.lr',
    'learning rate of alpha': 'optim_wrapper.arch.optimizer.lr',
    'order of the alpha gradient': 'default_hooks.bilevel.order',
    'epochs before alpha moves (below 1: their share)': 'default_hooks.bilevel.warmup_epochs',
    'seed': 'randomness.seed',
}
#: Titles of the curves of alpha.
_OF_ALPHA = {
    'arch/entropy': 'entropy of alpha (1 = undecided)',
    'arch/ratio': 'weight of the operation of an edge / next best',
    'arch/eigenvalue': 'dominant eigenvalue',
}
#: Pictures of reconstructions on a page.
_PICTURES = 3


def verdict(history: SearchHistory, prefix: str) -> str:
    """Whether it worked: decided, not collapsed, better than what needs no network."""
    judged = history.final_verdict()
    facts = _of_alpha(judged) if judged is not None else []
    if judged is None and not history.pretrains:
        raise NotRecordedError('nothing was found yet')
    for name, (_, values) in heldout_curves(history).items():
        known = {title: series[1][-1] for title, series in yardsticks(history, name).items()}
        if known:
            better = all(values[-1] < value for value in known.values())
            beside = ', '.join(f'{markup.number(value)} by {title}' for title, value in known.items())
            end = 'less error than without a network' if better else 'no more was learned than to interpolate'
            facts.append((better, f'Held-out {name} {markup.number(values[-1])}, {beside}: {end}.'))
    known = landscape(history)
    if known is not None:
        facts.append((known.found > known.marks['random cell, mean'], known.sentence()))
    if not facts:
        raise NotRecordedError('nothing is known of alpha, of cells or of held-out images')
    return markup.findings(facts, f'{prefix}verdict-list')


def _of_alpha(judged: Verdict) -> list[tuple[bool, str]]:
    """Whether a search has decided, and whether it has collapsed."""
    facts = []
    if judged.decided:
        window = f'; the same architecture in each of the last {judged.window} epochs' if judged.window else ''
        ratio = ''
        if judged.ratio is not None:
            ratio = f'the operation of an edge weighs {judged.ratio:.3g} times the next best on average, '
        facts.append((True, f'Decided: {ratio}entropy of alpha {judged.entropy:.4f}{window}.'))
    if judged.edges and not judged.collapsed:
        carry, cell = sum(judged.weightless.values()), 'cell' if judged.kind == 'cell' else f'{judged.kind} cell'
        facts.append((True, f'Not collapsed: {carry} of {judged.edges} edges of the {cell} carry no weights.'))
    facts += [(False, reason[0].upper() + reason[1:] + '.') for reason in judged.reasons().values()]
    return facts


def setting(history: SearchHistory, prefix: str) -> str:
    """What was searched, how, and the whole config."""
    values: dict[str, Any] = {'work directory': str(history.folder)}
    if history.genotype is not None:
        values['space'] = history.genotype.space
    for name, key in _SETTINGS.items():
        value = history.setting(key)
        if value is not None:
            text = value.removeprefix('mmnas_mae.') if isinstance(value, str) else value
            values[name] = _inline(text) if isinstance(text, dict) else text
    for name, value in (history.settings or {}).items():
        if value not in (None, {}, []):
            values.setdefault(f'selection: {name}' if history.config else name, _inline(value))
    parts = [markup.facts(values, f'{prefix}setting-table')]
    if history.config is None and history.settings is None:
        parts.append(markup.paragraph('Config: not recorded.', 'missing'))
    if history.config_file is not None:
        parts.append(
            markup.details('The whole config', markup.code(history.config_file.read_text(), f'{prefix}config'))
        )
    return '\n'.join(parts)


def curves(history: SearchHistory, prefix: str) -> str:
    """Training losses, held-out metrics and how undecided alpha is."""
    losses, heldout = loss_curves(history), heldout_curves(history)
    panels = [('training loss', 'iteration', losses)] if losses else []
    for name, series in heldout.items():
        panels.append((f'held-out images: {name}', 'epoch', {name: series, **yardsticks(history, name)}))
    for name, title in _OF_ALPHA.items():
        if name in history.scalars:
            panels.append((title, 'epoch', {name: history.scalars[name]}))
    if not panels:
        raise NotRecordedError('no scalars.json of a training run')
    ends = [
        (name, series[1][0], series[1][-1], len(series[0])) for _, _, lines in panels for name, series in lines.items()
    ]
    return '\n'.join(
        [
            markup.drawing(
                panel_figure(panels, shares=[_OF_ALPHA['arch/entropy']]),
                f'{prefix}curves',
                f'Curves of {", ".join(title for title, _, _ in panels)}',
            ),
            markup.table(['curve', 'first', 'last', 'points'], ends, f'{prefix}curves-table'),
        ]
    )


def skips(history: SearchHistory, prefix: str) -> str:
    """Edges without weights after each epoch, with marks of collapse, and the numbers of every epoch."""
    if not history.epochs:
        raise NotRecordedError('no arch_history.jsonl; the search derives no genotype after each epoch')
    if not history.verdicts:
        raise NotRecordedError('neither genotype.json nor a config says which space was searched')
    figure = new_figure(12, 2.8)
    draw_weightless(figure.subplots(), history)
    judged = list(zip(history.epochs, history.verdicts))
    alarms = [epoch.epoch for epoch, verdict in judged if verdict.collapsed]
    said = f'Collapsed after epochs {", ".join(map(str, alarms))}' if alarms else 'After no epoch collapsed'
    last = history.verdicts[-1]
    found = ', '.join(f'{count} {op}' for op, count in last.weightless.items() if count) or 'none'
    kind = 'The last cell' if last.kind == 'cell' else f'The last {last.kind} cell'
    text = f'{said}. {kind} has on {last.edges} edges without weights: {found}.'
    metrics = {**heldout_curves(history), **truth_curves(history)}
    values = {name: dict(zip(*series)) for name, series in metrics.items()}
    head = ['epoch', 'entropy', 'ratio', 'skips', 'collapse', *values]
    rows = [
        [
            *(e.epoch, e.entropy, e.ratio, e.skips, 'yes' if verdict.collapsed else 'no'),
            *(v.get(e.epoch) for v in values.values()),
        ]
        for e, verdict in judged
    ]
    return '\n'.join(
        [
            markup.paragraph(text, 'said'),
            markup.drawing(figure, f'{prefix}skips', f'Edges without weights by epoch. {text}'),
            markup.details('Numbers of every epoch', markup.table(head, rows, f'{prefix}epochs-table')),
        ]
    )


def cell(history: SearchHistory, prefix: str) -> str:
    """The architecture that was found: drawing, text and JSON."""
    if history.genotype is None:
        raise NotRecordedError('no genotype.json')
    genotype = history.genotype
    parts = [markup.drawing(genotype_figure(genotype), f'{prefix}cell', f'What was found in {genotype.space}')]
    for kind, content in genotype.cells.items():
        edges = [(i, op, source) for i, node in enumerate(content.nodes) for op, source in node]
        table = markup.table(['node', 'operation', 'from state'], edges, f'{prefix}cell-{kind}-table')
        parts.append(markup.details(f'Edges of the {kind} cell' if kind != 'cell' else 'Edges of the cell', table))
    if genotype.macro:
        parts.append(markup.facts({k: _inline(v) for k, v in genotype.macro.items()}, f'{prefix}skeleton-table'))
    parts.append(markup.code(get_space(genotype.space).format(genotype), f'{prefix}genotype-text'))
    parts.append(
        markup.details('genotype.json', markup.code(json.dumps(genotype.to_dict(), indent=1), f'{prefix}genotype'))
    )
    return '\n'.join(parts)


def reconstructions(history: SearchHistory, prefix: str) -> str:
    """Held-out images: original, masked, reconstructed, at the start, in the middle and at the end."""
    if not history.pictures:
        raise NotRecordedError('no pictures; the objective reconstructs nothing, or ReconstructionVisHook was not set')
    epochs = list(history.pictures)
    picked = sorted({epochs[round(i * (len(epochs) - 1) / (_PICTURES - 1))] for i in range(_PICTURES)})
    parts = [markup.paragraph('Held-out images. Rows: original, masked, reconstructed where it was masked.')]
    for epoch in picked:
        text = f'Originals, masked images and reconstructions after epoch {epoch}'
        uri = png_uri(history.pictures[epoch])
        parts.append(markup.image_figure(uri, f'{prefix}reconstruction-{epoch}', text, f'After epoch {epoch}'))
    return '\n'.join(parts)


def evaluations(history: SearchHistory, prefix: str) -> str:
    """What a discrete search scored, and the best until then."""
    if not history.evaluations:
        raise NotRecordedError('no evaluations; this is no discrete search')
    scored = [(n, e['score']) for n, e in enumerate(history.evaluations, 1) if e['score'] is not None]
    figure = new_figure(12, 3.2)
    axis = figure.subplots()
    best = best_scores(history)
    draw_curves(axis, {'best so far': best}, 'score of the architectures tried', 'evaluation', steps=True)
    if scored:
        axis.plot(*zip(*scored), '.', color='#999999', markersize=4, zorder=1, label='each')
        axis.legend(frameon=False)
    order = sorted(history.evaluations, key=lambda e: -float('inf') if e['score'] is None else e['score'], reverse=True)
    top = list({e['arch']: (e['score'], e['arch']) for e in reversed(order)}.values())[::-1][:10]
    different = len({e['arch'] for e in history.evaluations})
    text = f'{len(history.evaluations)} evaluations of {different} architectures'
    return '\n'.join(
        [
            markup.drawing(figure, f'{prefix}evaluations', f'Scores: {text}'),
            markup.paragraph(f'{text}. The best:', 'said'),
            markup.table(['score', 'architecture'], top, f'{prefix}evaluations-table'),
        ]
    )


def cost(history: SearchHistory, prefix: str) -> str:
    """Time, and what it was spent on."""
    values: dict[str, Any] = {}
    if history.seconds is not None:
        values['wall-clock time'] = markup.duration(history.seconds)
        values['in seconds'] = history.seconds
    if history.parts > 1:
        values['starts (interrupted and resumed)'] = history.parts
    for name, text in {
        'time': 'seconds for a step',
        'data_time': 'of which waiting for data',
        'memory': 'memory (MiB)',
    }.items():
        if name in history.training:
            values[text] = sum(history.scalars[name][1]) / len(history.scalars[name][1])
    if 'loss' in history.scalars:
        values['steps'] = history.scalars['loss'][0][-1]
    if history.evaluations:
        values['evaluations'] = len(history.evaluations)
    if not values:
        raise NotRecordedError('no log and no time of evaluations')
    return markup.facts(values, f'{prefix}cost-table')


def commands(history: SearchHistory, prefix: str) -> str:
    """What to run next, in the root of the repository or, of an installed package, anywhere."""
    steps = next_steps(history)
    if not steps:
        raise NotRecordedError('nothing was found yet, so there is nothing to go on with')
    return '\n'.join(
        f'<h3>{escape(step.title)}</h3>\n{markup.code(typed_command(step.command), f"{prefix}command-{i}-{step.name}")}'
        for i, step in enumerate(steps)
    )


def _inline(value: Any) -> str:
    """A setting on one line."""
    if isinstance(value, dict):
        return ', '.join(f'{key}={_inline(item)}' for key, item in value.items())
    return str(value)
