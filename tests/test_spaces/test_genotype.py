"""Genotypes: round trips, files that are whole or absent, and input that nobody should trust."""

import json
import os
import stat

import pytest

from mmnas_mae.spaces import Genotype, load_genotype, published, published_names
from mmnas_mae.spaces.genotype import parse_darts_text
from mmnas_mae.version import __version__

CELL = dict(nodes=[[['a', 0], ['b', 1]]], concat=[2])


def one_line(error):
    text = str(error.value)
    return '\n' not in text and len(text) < 600


@pytest.mark.parametrize('name', published_names())
def test_every_form_keeps_a_published_genotype(name):
    genotype = published(name)
    assert genotype.meta['source']
    assert set(genotype.cells) == {'normal', 'reduce'}
    if genotype.space.startswith('darts'):
        assert all(cell.num_edges == 8 and cell.concat == (2, 3, 4, 5) for cell in genotype.cells.values())
    from_json = Genotype.from_dict(json.loads(json.dumps(genotype.to_dict())))
    assert from_json == genotype
    assert from_json.meta['source'] == genotype.meta['source']
    assert parse_darts_text(genotype.to_text(), genotype.space) == genotype
    assert load_genotype(name) == load_genotype(genotype) == load_genotype(genotype.to_dict()) == genotype


def test_text_as_darts_prints_it():
    text = """Genotype(
        normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('sep_conv_3x3', 1),
                ('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), ('dil_conv_3x3', 2)],
        normal_concat=range(2, 6),
        reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 1),
                ('max_pool_3x3', 0), ('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1)],
        reduce_concat=range(2, 6))"""
    assert parse_darts_text(text, 'darts_s0') == published('DARTS_V2')
    assert load_genotype(text) == published('DARTS_V2')


def test_edges_per_node_say_how_pairs_form_nodes():
    text = "Genotype(cell=[('a', 0), ('b', 0), ('c', 1), ('d', 0)], cell_concat=[2])"
    ones = parse_darts_text(text, 'x', edges_per_node=1).cells['cell'].nodes
    assert ones == ((('a', 0),), (('b', 0),), (('c', 1),), (('d', 0),))
    assert parse_darts_text(text, 'x', edges_per_node=2).cells['cell'].nodes[1] == (('c', 1), ('d', 0))
    with pytest.raises(ValueError, match='cell must hold 3 edges for each node, got 4 in all'):
        parse_darts_text(text, 'x', edges_per_node=3)


def test_counting_edges():
    normal, reduce = published('DARTS_V2').cells.values()
    assert (normal.count('skip_connect'), reduce.count('skip_connect')) == (2, 3)
    assert (normal.count('sep_conv_3x3'), normal.count('none')) == (5, 0)


def test_what_it_comes_from_is_kept_but_not_compared():
    genotype = Genotype.from_dict(dict(space='s', cells=dict(c=CELL), meta=dict(seed=3, score=-0.25)))
    assert genotype == Genotype.from_dict(dict(space='s', cells=dict(c=CELL)))
    assert genotype.to_dict()['meta'] == dict(version=__version__, seed=3, score=-0.25)
    older = dict(genotype.to_dict(), meta=dict(version='0.0.1'))
    assert Genotype.from_dict(older).to_dict()['meta'] == dict(version='0.0.1')


def test_macro_is_part_of_the_architecture():
    plain = dict(space='s', cells={})
    assert 'macro' not in Genotype.from_dict(plain).to_dict()
    deep = Genotype.from_dict(dict(plain, macro=dict(depth=3)))
    assert deep != Genotype.from_dict(plain)
    assert Genotype.from_dict(json.loads(json.dumps(deep.to_dict()))) == deep


def test_a_saved_file_reads_back_and_is_as_open_as_any_other(tmp_path):
    path = tmp_path / 'new' / 'folder' / 'genotype.json'
    published('PDARTS').save(path)
    assert load_genotype(path) == load_genotype(str(path)) == published('PDARTS')
    published('DARTS_V1').save(path)
    assert load_genotype(path) == published('DARTS_V1')
    assert [file.name for file in path.parent.iterdir()] == ['genotype.json']
    (tmp_path / 'other').write_text('')
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE((tmp_path / 'other').stat().st_mode)


def test_a_failed_save_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / 'genotype.json'
    published('DARTS_V1').save(path)

    def crash(*_):
        raise OSError('disk full')

    with monkeypatch.context() as patch:
        patch.setattr(os, 'replace', crash)
        with pytest.raises(OSError, match='disk full'):
            published('DARTS_V2').save(path)
    with pytest.raises(TypeError, match='not JSON serializable'):
        Genotype('s', {}, meta=dict(score=object())).save(path)
    assert [file.name for file in tmp_path.iterdir()] == ['genotype.json']
    assert load_genotype(path) == published('DARTS_V1')


@pytest.mark.parametrize(
    'text',
    [
        '{call}',
        'Genotype({call})',
        'Genotype(*{call})',
        'Genotype(**{call})',
        'Genotype(normal={call}, normal_concat=[2])',
        "Genotype(normal=[({call}, 0), ('a', 1)], normal_concat=[2])",
        "Genotype(normal=[('a', {call}), ('a', 1)], normal_concat=[2])",
        "Genotype(normal=[('a', 0), ('a', 1)], normal_concat=range(2, {call}))",
        "Genotype(normal=[('a', 0), ('a', 1)], normal_concat=range(2, 6, step={call}))",
        "Genotype(normal=[('a', 0), ('a', 1)], normal_concat=[i for i in {call}])",
        "Genotype(normal=[('a', 0), ('a', 1)], normal_concat=(lambda: {call})())",
        'Genotype(normal=f"{{{call}}}", normal_concat=[2])',
        'Genotype.__class__({call})',
        '{call}.Genotype(normal=[])',
        "Genotype(normal=[('a', 0), ('a', 1)], normal_concat=[2]); {call}",
        "Genotype(normal=[('a', 0), ('a', 1)], normal_concat=[2])\n{call}",
        'Genotype(normal=(x := {call}), normal_concat=[2])',
    ],
)
def test_code_in_a_text_is_refused_and_never_run(text, tmp_path):
    marker = tmp_path / 'marker'
    text = text.replace('{call}', f"open({str(marker)!r}, 'w')").replace('{{', '{').replace('}}', '}')
    with pytest.raises(ValueError, match='.') as error:
        parse_darts_text(text, 'darts_s0')
    assert one_line(error)
    with pytest.raises((ValueError, FileNotFoundError), match='.'):
        load_genotype(text)
    assert not marker.exists()


PAIR = "normal=[('a', 0), ('a', 1)]"


@pytest.mark.parametrize(
    'text, reason',
    [
        ('', 'not a genotype in the style of DARTS'),
        ('sep_conv_3x3', 'not a call of Genotype'),
        ('Genotype(', 'not a genotype in the style of DARTS'),
        ('Genotype([], [2])', 'only keyword arguments'),
        (f'Genotype({PAIR})', 'lacks normal_concat'),
        (f'Genotype({PAIR}, {PAIR}, normal_concat=[2])', 'repeated'),
        ("Genotype(normal=[('a', 0)], normal_concat=[2])", 'normal must hold 2 edges for each node, got 1'),
        ('Genotype(normal=[], normal_concat=[2])', 'got 0 in all'),
        ("Genotype(normal=['ab', 'cd'], normal_concat=[2])", r"an edge is \(operation, source state\), got 'ab'"),
        ("Genotype(normal=[('a', 0), ('a', True)], normal_concat=[2])", 'an edge is'),
        ("Genotype(normal=[('a', 0), ('a', -1)], normal_concat=[2])", 'an edge is'),
        ("Genotype(normal=[('a', 0), ('a', 1.0)], normal_concat=[2])", 'an edge is'),
        ("Genotype(normal=[('a', 0), (0, 'a')], normal_concat=[2])", 'an edge is'),
        ("Genotype(normal='ab', normal_concat=[2])", 'normal must be a list'),
        ('Genotype(normal={[]: 1}, normal_concat=[2])', 'unhashable'),
        (f'Genotype({PAIR}, normal_concat=2)', 'concat must be a list, got 2'),
        (f'Genotype({PAIR}, normal_concat=[])', 'concat must list states'),
        (f'Genotype({PAIR}, normal_concat=range(6, 2))', 'concat must list states'),
        # What would take the memory of the machine is refused before it is built.
        (f'Genotype({PAIR}, normal_concat=range(0, 10000000000))', 'small whole numbers'),
        (f'Genotype({PAIR}, normal_concat=range(-10000000000, 6))', 'small whole numbers'),
        (f'Genotype({PAIR}, normal_concat=range(2, 6, 2))', 'one or two small whole numbers'),
        (f'Genotype({PAIR}, normal_concat=range())', 'one or two'),
        (f'Genotype({PAIR}, normal_concat=range("6"))', 'small whole numbers'),
        (f'Genotype({PAIR}, normal_concat=range(True, 6))', 'small whole numbers'),
        (f'Genotype({PAIR}, normal_concat=[9**9**9])', 'malformed'),
        (f'Genotype({PAIR}, normal_concat=[{"9" * 5000}])', 'digits'),
        (f'Genotype({PAIR}, normal_concat=[1000])', 'concat must list states'),
        (f'Genotype({PAIR}, normal_concat={"[" * 100000})', 'nested'),
        (f'Genotype({PAIR}, normal_concat={"-" * 100000}1)', 'not a genotype in the style of DARTS'),
        (f'Genotype({PAIR}, normal_concat=[2]) \0', 'null byte'),
    ],
)
def test_texts_of_another_form_are_refused_in_one_line(text, reason):
    with pytest.raises(ValueError, match=reason) as error:
        parse_darts_text(text, 'darts_s0')
    assert one_line(error)


def test_an_error_in_a_text_of_many_lines_is_one_line():
    with pytest.raises(
        ValueError, match=r'the genotype lacks reduce_concat, it has normal, normal_concat, reduce'
    ) as error:
        parse_darts_text(f'Genotype(\n  {PAIR},\n  normal_concat=[2],\n\n  reduce=[])', 'darts_s0')
    assert one_line(error)


@pytest.mark.parametrize(
    'content, reason',
    [
        ([], "the keys 'space' and 'cells'"),
        ('darts_s0', "the keys 'space' and 'cells'"),
        (None, "the keys 'space' and 'cells'"),
        (dict(space='s'), "the keys 'space' and 'cells'"),
        (dict(cells={}), "the keys 'space' and 'cells'"),
        (dict(space=1, cells={}), "'space' must be a name"),
        (dict(space='s', cells=[]), "'cells' a dict"),
        (dict(space='s', cells=dict(c=[])), "cell 'c' has the keys 'nodes' and 'concat'"),
        (dict(space='s', cells=dict(c=dict(nodes=[]))), "cell 'c' has the keys 'nodes' and 'concat'"),
        (dict(space='s', cells={1: CELL}), 'a cell type is a name, got 1'),
        (dict(space='s', cells=dict(c=dict(CELL, nodes='ab'))), 'nodes must be a list'),
        (dict(space='s', cells=dict(c=dict(CELL, nodes=[1]))), 'node 0 must be a list, got 1'),
        (dict(space='s', cells=dict(c=dict(CELL, nodes=[[['a']]]))), r"an edge is .*, got \['a'\]"),
        (dict(space='s', cells=dict(c=dict(CELL, nodes=[[['a', None]]]))), 'an edge is'),
        (dict(space='s', cells=dict(c=dict(CELL, nodes=[[['x' * 10**6, -1]]]))), 'an edge is'),
        (dict(space='s', cells=dict(c=dict(CELL, concat=[]))), 'concat must list states'),
        (dict(space='s', cells=dict(c=dict(CELL, concat=['a']))), 'concat must list states'),
        (dict(space='s', cells=dict(c=dict(CELL, concat=[-1] * 10**5))), 'concat must have at most 1000 entries'),
        (dict(space='s', cells={}, meta=None), "'meta' must be a dict, got None"),
        (dict(space='s', cells={}, meta=[1]), r"'meta' must be a dict, got \[1\]"),
        (dict(space='s', cells={}, macro=3), "'macro' must be a dict, got 3"),
        (dict(space='s', cells={}, macro=[['depth', 3]]), "'macro' must be a dict"),
    ],
)
def test_malformed_dicts_are_refused_in_one_line(content, reason):
    with pytest.raises(ValueError, match=reason) as error:
        Genotype.from_dict(content)
    assert one_line(error)


@pytest.mark.parametrize(
    'content, reason',
    [
        (b'', 'not JSON'),
        (b'{"space": ', 'not JSON'),
        (b'\xff\xfe\x00', 'not JSON'),
        (b'[]', "the keys 'space' and 'cells'"),
        (b'{"space": "darts_s9", "cells": {}}', "unknown search space 'darts_s9'"),
        (b'{"space": "darts_s0", "cells": {}, "macro": "x"}', "'macro' must be a dict"),
        (b'{"space": "darts_s0", "cells": {}}', 'has the cells'),
    ],
)
def test_files_that_hold_no_genotype_are_named(content, reason, tmp_path):
    path = tmp_path / 'genotype.json'
    path.write_bytes(content)
    with pytest.raises(ValueError, match=reason) as error:
        load_genotype(path)
    assert str(path) in str(error.value)


def test_unknown_names_say_what_is_published():
    with pytest.raises(ValueError, match="no published genotype is named 'DARTS_V3'; there are: DARTS_V1, DARTS_V2"):
        published('DARTS_V3')
    with pytest.raises(FileNotFoundError, match="genotype 'DARTS_V3' is no file.*DARTS_V1, DARTS_V2"):
        load_genotype('DARTS_V3')
