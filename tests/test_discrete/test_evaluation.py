"""Evaluations in groups, and what is kept of them."""

import json
import time

import pytest

from mmnas_mae.discrete import Evaluator, map_evaluations
from mmnas_mae.spaces import get_space

SPACE = get_space('nasbench201')
ARCHS = [
    f'|{op}~0|+|none~0|none~1|+|skip_connect~0|none~1|{other}~2|'
    for op in ('none', 'nor_conv_1x1', 'avg_pool_3x3')
    for other in ('none', 'nor_conv_3x3')
]


def count_none(genotype):
    return float(sum(cell.count('none') for cell in genotype.cells.values()))


@pytest.mark.parametrize('map_fn', [map, map_evaluations])
def test_a_group_is_the_same_as_one_after_the_other(tmp_path, map_fn):
    genotypes = [SPACE.parse(arch) for arch in [*ARCHS, *ARCHS[:2]]]
    single, group = (Evaluator(SPACE, count_none, tmp_path / name) for name in ('a.jsonl', 'b.jsonl'))
    scores = [single(genotype) for genotype in genotypes]
    assert group.batch(genotypes[:4], map_fn) + group.batch(genotypes[4:], map_fn) == scores
    assert scores == [5.0, 4.0, 4.0, 3.0, 4.0, 3.0, 5.0, 4.0]

    def kept(path):
        return [{k: v for k, v in json.loads(line).items() if 'seconds' not in k} for line in path.open()]

    assert kept(tmp_path / 'a.jsonl') == kept(tmp_path / 'b.jsonl')
    assert [evaluation.number for evaluation in group.history] == list(range(8))


def test_only_what_is_new_is_computed(tmp_path):
    asked = []

    def scorer(genotype):
        asked.append(SPACE.format(genotype))
        return count_none(genotype)

    genotypes = [SPACE.parse(arch) for arch in ARCHS]
    Evaluator(SPACE, scorer, tmp_path / 'a.jsonl').batch(genotypes[:3])
    resumed = Evaluator(SPACE, scorer, tmp_path / 'a.jsonl')
    assert resumed.recorded == 3
    resumed.batch([genotypes[0], genotypes[1]])
    resumed.batch([genotypes[2], genotypes[0], genotypes[4], genotypes[4]])
    assert asked == [*ARCHS[:3], ARCHS[4]]
    assert [evaluation.arch for evaluation in resumed.history] == [*ARCHS[:3], ARCHS[0], ARCHS[4], ARCHS[4]]
    assert [evaluation.seconds > 0 for evaluation in resumed.history] == [True] * 3 + [False, True, False]


def test_processor_time_is_kept_beside_the_time_of_the_clock(tmp_path, monkeypatch):
    clocks = dict(perf_counter=10.0, process_time=1.0)
    for name in clocks:
        monkeypatch.setattr(time, name, lambda name=name: clocks[name])

    def scorer(genotype):
        clocks['perf_counter'] += 0.75
        clocks['process_time'] += 0.25
        return 0.0

    evaluate = Evaluator(SPACE, scorer, tmp_path / 'evaluations.jsonl')
    evaluate(SPACE.parse(ARCHS[0]))
    (found,) = evaluate.history
    assert (found.seconds, found.cpu_seconds) == (0.75, 0.25)
    line = json.loads((tmp_path / 'evaluations.jsonl').read_text().splitlines()[1])
    assert (line['seconds'], line['cpu_seconds']) == (0.75, 0.25)
