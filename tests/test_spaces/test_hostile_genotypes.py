"""Genotypes of others: nothing that they name is imported, nothing large is allocated, no message is long."""

import json
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from mmnas_mae.apis import build_backbone, build_network
from mmnas_mae.costs.standalone import standalone_cost
from mmnas_mae.models import build_op
from mmnas_mae.models.layers.ops import OpArgs
from mmnas_mae.spaces import ModelSpec, get_space, load_genotype

DARTS = json.loads(json.dumps(load_genotype('DARTS_V2').to_dict()))


@pytest.fixture
def trap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name of a module whose import can be seen."""
    (tmp_path / 'trap_module.py').write_text('def f(*args, **kwargs):\n    raise SystemExit("executed")\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    yield 'trap_module.f'
    assert 'trap_module' not in sys.modules


@pytest.mark.parametrize(
    'change',
    [
        lambda name: dict(space=name),
        lambda name: dict(skeleton=name),
        lambda name: dict(search=dict(stem=dict(type=name))),
        lambda name: dict(search=dict(stem=name)),
        lambda name: dict(search=dict(stem=dict(type='ConvStem', norm=dict(type=name)))),
        lambda name: dict(cells=json.loads(json.dumps(DARTS['cells']).replace('sep_conv_3x3', name))),
        lambda name: dict(macro=dict(block=name)),
    ],
)
def test_no_name_of_a_genotype_is_imported(trap: str, change: Any) -> None:
    content = {**DARTS, **change(trap)}
    for build in (
        lambda: build_backbone(content),
        lambda: build_network('darts', content),
        lambda: standalone_cost(load_genotype(content)),
    ):
        with pytest.raises(ValueError, match='trap_module') as info:
            build()
        assert '\n' not in str(info.value)
    with pytest.raises(ValueError, match='unknown operation'):
        build_op(trap, OpArgs(2, 2, 1, True))


def test_the_stem_that_a_genotype_remembers_is_one_of_the_registered_ones() -> None:
    search = dict(stem=dict(type='os.abort', strides=[2]), strides=[1, 2, 2])
    with pytest.raises(ValueError, match='the stem of a genotype must be one of'):
        build_backbone({**DARTS, 'search': search}, init_channels=4, layers=3)
    for key, value in dict(strides='12', in_channels='3').items():
        with pytest.raises(ValueError, match=f'{key} '):
            build_backbone({**DARTS, 'search': {key: value}}, init_channels=4, layers=3)
    for value in (10**9, [0] * 1000, [[[[0]]]], 'x' * 1000):
        with pytest.raises(ValueError, match='settings of the skeleton'):
            build_backbone({**DARTS, 'search': dict(in_channels=value)})


def test_sizes_are_bounded_before_anything_is_allocated(tmp_path: Path) -> None:
    chain = [[['conv3x3-bn-relu', t]] for t in range(900)]
    many = [[['conv3x3-bn-relu', 0]]] * 30_000
    cell = lambda nodes: dict(space='nasbench101', cells=dict(cell=dict(nodes=nodes, concat=[len(nodes) % 1000])))  # noqa: E731
    space = get_space('nasbench101')
    tracemalloc.start()
    try:
        for source, message in (
            (cell(chain), 'vertices, at most 7'),
            (cell(many), 'at most 1000 entries, got 30000'),
            (dict(DARTS, cells=dict.fromkeys(map(str, range(1000)), {})), 'at most 16 cells, got 1000'),
        ):
            with pytest.raises(ValueError, match=message):
                load_genotype(source)
        with pytest.raises(ValueError, match='at most 100 vertices'):
            space.parse('0' * 2000 + '|' + '1' * (2002 * 2001 // 2))
        with pytest.raises(ValueError, match='at most 100 vertices'):
            ModelSpec([[0] * 5000] * 5000, ['input'])
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()
    nested, large = tmp_path / 'nested.json', tmp_path / 'large.json'
    nested.write_text('[' * 100_000)
    large.write_bytes(b' ' * 10_000_001)
    for file, message in ((nested, 'not JSON'), (large, 'at most 10000000 bytes')):
        with pytest.raises(ValueError, match=message) as info:
            load_genotype(file)
        assert len(str(info.value)) < 1000


LONG = 'x' * 5_000_000


@pytest.mark.parametrize(
    'source',
    [
        LONG,
        'Genotype(' + LONG,
        '|' + LONG,
        dict(DARTS, space=LONG),
        dict(DARTS, cells={LONG: DARTS['cells']['normal']}),
        dict(DARTS, cells=dict(normal=LONG, reduce=DARTS['cells']['reduce'])),
        dict(DARTS, cells=dict(normal=dict(nodes=[[[LONG, 0]]], concat=[2]))),
        dict(DARTS, macro={LONG: 1}),
        dict(DARTS, skeleton=LONG),
        dict(space='transnas101_macro', cells={}, macro=dict(base_channels=64, modules=LONG, block=LONG)),
        {LONG: [], 'normal_concat': []},
    ],
)
def test_messages_quote_little(source: Any) -> None:
    with pytest.raises((ValueError, FileNotFoundError)) as info:  # noqa: PT011, whatever is wrong first
        load_genotype(source)
    assert str(info.value).count('x') <= 200
    assert '\n' not in str(info.value)
