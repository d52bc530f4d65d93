"""The page of a search, read back by a real browser."""

import base64
import json
import random
import re
import runpy
import sys

import pytest
import torch

from mmnas_mae.report.report import write_report
from mmnas_mae.report.search_history import read_search
from mmnas_mae.spaces import Genotype, get_space, registered_spaces

NB201 = dict(type='mmnas_mae.NASBench201Supernet', init_channels=2, cells_per_stage=1)
ARCH = '|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|nor_conv_3x3~2|'

#: Rows of a table, of each cell its full value or its text.
ROWS = 'Array.from({}.querySelectorAll("tbody tr"), r => Array.from(r.cells, c => c.dataset.value ?? c.textContent))'


def rows(ident):
    return ROWS.format(f'document.getElementById("{ident}")')


def test_the_page_of_a_real_search_shows_what_it_did(search_cfg, run_search, look, tmp_path):
    run_search(search_cfg)
    folder = tmp_path / 'search'
    page = write_report(folder)
    assert page == folder / 'report.html'
    # One file, which asks for nothing else.
    text = page.read_text()
    assert not re.search(r'(src|href)="(?!data:|#)', text)
    assert not re.search(r'@import|url\((?!#)', text)

    lines = [json.loads(line) for line in (folder / 'arch_history.jsonl').read_text().splitlines()]
    genotype = json.loads((folder / 'genotype.json').read_text())
    history = read_search(folder)
    found = look(
        page,
        f"""{{
            epochs: {rows('epochs-table')},
            curves: {rows('curves-table')},
            alpha: {rows('alpha-0-table')},
            hidden: document.querySelector('.slider').hidden,
            title: document.title,
            genotype: document.getElementById('genotype-text').textContent,
            commands: Array.from(document.querySelectorAll('pre[id^=command]'), c => [c.id, c.textContent]),
            images: Array.from(document.images, i => [i.naturalWidth, i.naturalHeight, i.src, i.alt]),
            missing: Array.from(document.querySelectorAll('#missing li'), i => i.id),
            headings: Array.from(document.querySelectorAll('h2'), h => h.textContent),
        }}""",
    )
    assert [[int(r[0]), float(r[1]), float(r[2]), int(r[3]), r[4]] for r in found['epochs']] == [
        [line['epoch'], line['entropy'], line['ratio'], line['skips'], 'yes' if verdict.collapsed else 'no']
        for line, verdict in zip(lines, history.verdicts)
    ]
    l1 = history.scalars['reconstruction/l1'][1]
    assert [float(r[5]) for r in found['epochs']] == list(l1)
    assert ['reconstruction/l1', l1[0], l1[-1], 2] in [[r[0], *map(float, r[1:3]), int(r[3])] for r in found['curves']]
    assert found['genotype'] == get_space('darts_s0').format(Genotype.from_dict(genotype))
    assert found['hidden'] is False
    alpha = torch.tensor(lines[-1]['parameters']['alphas.normal']).softmax(-1)
    assert found['alpha'] == [[r[0], *(f'{v:.4f}' for v in row)] for r, row in zip(found['alpha'], alpha.tolist())]
    commands = {ident.rpartition('-')[2]: command for ident, command in found['commands']}
    assert {'retrain', 'detect', 'test', 'draw'} == set(commands)
    assert f'model.backbone.genotype={folder / "genotype.json"}' in commands['detect']
    # Grids of three rows of four images of 96 pixels each, as the hook has written them.
    pictures = [path.read_bytes() for path in history.pictures.values()]
    assert [base64.b64decode(src.partition(',')[2]) for _, _, src, _ in found['images']] == pictures
    assert [(w, h) for w, h, _, _ in found['images']] == [(400, 300)] * 2
    assert all('Originals, masked images and reconstructions' in alt for *_, alt in found['images'])
    assert found['missing'] == ['evaluations', 'truth']
    assert {'What was found', 'Setting', 'Curves', 'Alpha over time', 'Cost', 'Next commands'} <= set(found['headings'])


def test_the_slider_shows_any_epoch(leave_search, look, tmp_path):
    folder = leave_search(tmp_path / 'search', dict(NB201, space='nasbench201'), epochs=3)
    page = write_report(folder)
    lines = [json.loads(line) for line in (folder / 'arch_history.jsonl').read_text().splitlines()]
    shown = f"""[
        document.querySelector('.shown-epoch').textContent,
        {rows('alpha-0-table')},
        Array.from(document.querySelectorAll('#alpha-0-table tbody tr'),
                   r => Array.from(r.cells).filter(c => c.classList.contains('chosen')).map(c => c.cellIndex - 1)),
    ]"""
    moved = "(s => { s.value = '1'; s.dispatchEvent(new Event('input')); return s; })(document.querySelector('#epoch'))"

    def expected(line):
        alpha = torch.tensor(line['parameters']['alphas.cell']).softmax(-1)
        # All edges are kept, so the derived operation is the strongest one.
        return [str(line['epoch']), [[f'{v:.4f}' for v in row] for row in alpha.tolist()], alpha.argmax(-1).tolist()]

    def seen(found):
        epoch, table, chosen = found
        return [epoch, [row[1:] for row in table], [edge[0] for edge in chosen if len(edge) == 1]]

    assert seen(look(page, shown)) == expected(lines[-1])
    assert seen(look(page, f'({moved}, {shown})')) == expected(lines[1])
    assert seen(look(page, shown, '#epoch=1')) == expected(lines[0])


def test_every_figure_is_seen_and_nothing_sticks_out(leave_search, look, tmp_path):
    """Sizes as the browser has laid them out; words of a drawing lie inside it."""
    page = write_report(leave_search(tmp_path / 'search', NB201))
    found = look(
        page,
        """{
            sizes: Array.from(document.querySelectorAll('figure svg'), s => {
                const box = s.getBoundingClientRect();
                const words = Array.from(s.querySelectorAll('text')).map(t => t.getBoundingClientRect());
                return [box.width, box.height, words.length,
                        words.every(w => w.left >= box.left - 2 && w.right <= box.right + 2
                                      && w.top >= box.top - 2 && w.bottom <= box.bottom + 2)];
            }),
            width: [document.documentElement.scrollWidth, document.documentElement.clientWidth],
            ids: Array.from(document.querySelectorAll('[id]'), e => e.id),
            labels: Array.from(document.querySelectorAll('[role=img]'), e => e.getAttribute('aria-label')),
            links: Array.from(document.querySelectorAll('nav a'), a => document.querySelector(a.hash) !== null),
        }""",
    )
    assert len(found['sizes']) == len(found['labels']) == 4
    for width, height, words, inside in found['sizes']:
        assert width > 900
        assert height > 100
        assert words > 5
        assert inside
    assert found['width'][0] <= found['width'][1]
    assert len(set(found['ids'])) == len(found['ids'])
    assert all(found['labels'])
    assert found['links']
    assert all(found['links'])


def test_collapse_is_marked(leave_search, look, tmp_path):
    folder = leave_search(tmp_path / 'search', NB201, collapse_ratio=0.01)
    history = read_search(folder)
    without = ('skip_connect', 'none', 'avg_pool_3x3')
    alarms = [epoch.epoch for epoch in history.epochs if any(epoch.cells['cell'].count(op) for op in without)]
    assert alarms  # random alpha has edges without weights somewhere
    said, marks = look(
        write_report(folder),
        """[document.querySelector('#skips .said').textContent,
            document.querySelectorAll('#skips figure path[style*="#d55e00" i]').length]""",
    )
    assert f'Collapsed after epochs {", ".join(map(str, alarms))}.' in said
    assert marks == len(alarms)


def test_text_of_a_run_is_never_markup(write_lines, look, tmp_path):
    evil = '</script><img src=x onerror="document.title=1"><b id=evil>&amp;'
    folder = tmp_path / 'a<b>&"c'
    get_space('nasbench201').parse(ARCH).save(folder / 'genotype.json')
    settings = dict(space='nasbench201', search=dict(type=evil), scorer=dict(type=evil))
    lines = [dict(settings=settings), dict(number=0, arch=evil, score=1.5, seconds=2.0)]
    write_lines(folder / 'evaluations.jsonl', lines)
    (folder / 'result.json').write_text(json.dumps(dict(values={evil: 3.25})))
    found = look(
        write_report(folder),
        f"""{{
            evil: document.getElementById('evil'),
            images: document.images.length,
            title: document.title,
            tried: {rows('evaluations-table')},
            truth: {rows('truth-table')},
        }}""",
    )
    assert found['evil'] is None
    assert found['images'] == 0
    assert found['title'] == 'Search a<b>&"c'
    assert found['tried'] == [['1.5', evil]]
    assert found['truth'] == [[evil, '3.25', '3.25']]


def test_what_was_not_recorded_is_said(tmp_path):
    """A genotype alone makes a page."""
    get_space('nasbench201').parse(ARCH).save(tmp_path / 'genotype.json')
    text = write_report(tmp_path, tmp_path / 'pages' / 'page.html').read_text()
    missing = re.search(r'<section id="missing">.*?</section>', text, re.DOTALL)[0]
    assert re.findall(r'<li id="(\w+)">', missing) == [
        'curves',
        'skips',
        'alpha',
        'reconstructions',
        'evaluations',
        'truth',
        'cost',
    ]
    assert 'Config: not recorded.' in text
    assert ARCH in text


@pytest.mark.parametrize('space', registered_spaces(), ids=lambda space: space.name)
def test_a_find_in_any_space_is_drawn(space, tmp_path):
    space.random_genotype(random.Random(0)).save(tmp_path / 'genotype.json')
    text = write_report(tmp_path).read_text()
    drawing = re.search(r'<figure id="cell-figure">.*?</figure>', text, re.DOTALL)[0]
    words = re.findall(r'<text[^>]*>([^<]*)</text>', drawing)
    genotype = read_search(tmp_path).genotype
    assert 'output' in words
    for cell in genotype.cells.values():
        for op in {op for node in cell.nodes for op, _ in node}:
            assert words.count(op) >= cell.count(op)
    if not genotype.cells:
        assert f'skeleton: {len(genotype.macro["modules"])} modules of two blocks' in words


def test_stages_have_a_part_each(leave_search, tmp_path):
    for number in (1, 2):
        leave_search(tmp_path / f'stage_{number}', NB201)
    (tmp_path / 'genotype.json').write_text((tmp_path / 'stage_2' / 'genotype.json').read_text())
    text = write_report(tmp_path).read_text()
    for number in (1, 2):
        assert f'<section id="stage_{number}-alpha">' in text
        assert f'id="stage_{number}-alpha-0-table"' in text
    idents = re.findall(r' id="([^"]+)"', text)
    assert len(set(idents)) == len(idents)


def test_the_tool_writes_the_page_and_refuses_what_is_no_search(repository, monkeypatch, capsys, tmp_path):
    get_space('nasbench201').parse(ARCH).save(tmp_path / 'search' / 'genotype.json')

    def run(*arguments):
        monkeypatch.setattr(sys, 'argv', ['report.py', *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            runpy.run_path(str(repository / 'tools/visualization/report.py'), run_name='__main__')
        return stop.value.code

    assert run(tmp_path / 'search') is None
    assert capsys.readouterr().out.strip() == str(tmp_path / 'search' / 'report.html')
    assert (tmp_path / 'search' / 'report.html').read_text().startswith('<!DOCTYPE html>')
    assert run(tmp_path) == (
        f"error: '{tmp_path}' is no work directory of a search; it has none of genotype.json, arch_history.jsonl, "
        'evaluations.jsonl, selection.jsonl, */vis_data/scalars.json'
    )
