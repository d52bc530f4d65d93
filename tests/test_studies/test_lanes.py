"""Tables of searches side by side in NAS-Bench-201."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats

from mmnas_mae.spaces import discretize, get_space
from mmnas_mae.studies.lanes import LIMITS, Landscape, code_of, format_lanes, interval, read_lanes, summarize_lane

SPACE = get_space('nasbench201')


@pytest.fixture(scope='module')
def landscape() -> Landscape:
    return Landscape()


def record(alpha: torch.Tensor, objective: str = 'hd', seed: int = 0, **more: Any) -> dict:
    genotype = discretize(SPACE, {'cell': alpha.softmax(1)})
    return dict(
        lane=f'{objective}#{seed}', objective=objective, ratio=0.5, seed=seed, channels=16, cells=5, epoch=1,
        cell=SPACE.format(genotype), accuracy=dict(cifar10_test=90.0 + seed), decision=dict(ratio=1.5, entropy=0.5),
        alpha=[alpha.tolist()], loss=0.4, **more,
    )  # fmt: skip


def write(path: Path, rows: list[dict]) -> Path:
    path.write_text(''.join(json.dumps(row) + '\n' for row in rows))
    return path


def test_a_cell_is_six_digits() -> None:
    ops = SPACE.cells['cell'].ops[0]
    chosen = [3, 0, 1, 4, 2, 1]
    genotype = discretize(SPACE, {'cell': torch.eye(5)[chosen]}, exclude_none=False)
    assert code_of(genotype) == '301421'
    assert re.findall(r'([a-z]\w+)~', SPACE.format(genotype)) == [ops[k] for k in chosen]


def test_the_strongest_cell_is_the_derived_one(landscape: Landscape) -> None:
    torch.manual_seed(0)
    for _ in range(5):
        alpha = torch.randn(6, 5)
        strength = landscape.strength(alpha.tolist())
        derived = discretize(SPACE, {'cell': alpha.softmax(1)}, exclude_none=False)
        assert landscape.places([code_of(derived)])[0] == strength.argmax()
        assert strength.max() == pytest.approx(alpha.double().softmax(1).amax(1).sum().item())


def test_correlations_are_those_of_scipy(landscape: Landscape) -> None:
    rng = np.random.default_rng(0)
    places = rng.permutation(15625)[:400]
    score = landscape.accuracy[places] + rng.normal(0, 5, 400)
    found = landscape.correlations(score, places)
    kept = landscape.connected[places]
    truth, params = landscape.accuracy[places][kept], landscape.params[places][kept]
    assert 0 < (~kept).sum() < 40
    assert found['tau'] == pytest.approx(stats.kendalltau(score[kept], truth).statistic)
    assert found['size'] == pytest.approx(stats.kendalltau(score[kept], params).statistic)
    x, y = (np.sign(v[:, None] - v) * (params[:, None] == params) for v in (score[kept], truth))
    assert found['equal'] == pytest.approx((x * y).sum() / np.sqrt((x**2).sum() * (y**2).sum()))
    assert np.isnan(landscape.correlations(landscape.params[places], places)['equal'])


def test_finds_within_limits_lie_between_the_controls(landscape: Landscape) -> None:
    for limit in LIMITS:
        controls = landscape.controls(limit * 1e6)
        assert controls['random'] < controls['largest'] < controls['best']
        assert landscape.within(limit * 1e6, landscape.accuracy) == controls['best']
    assert landscape.controls(2e6)['best'] == landscape.accuracy.max()


def test_seeds_make_one_row(landscape: Landscape, tmp_path: Path) -> None:
    torch.manual_seed(1)
    scores = {code: float(i) for i, code in enumerate(['333333', '111111', '222222', '121212'])}
    rows = [record(torch.randn(6, 5), seed=seed, **more) for seed in (0, 1) for more in (dict(), dict(scores=scores))]
    runs = read_lanes(write(tmp_path / 'lanes.jsonl', [*rows, record(torch.zeros(6, 5), 'labels')]))
    assert [(run.group, len(run.epochs)) for run in runs] == [
        (((16, 5), 'hd', 0.5), 1), (((16, 5), 'hd', 0.5), 1), (((16, 5), 'labels', None), 1),
    ]  # fmt: skip
    figures = [summarize_lane(run, landscape) for run in runs]
    assert [row['accuracy'] for row in figures] == [90, 91, 90]
    assert 'weights_tau' not in figures[2]
    text = format_lanes(runs, landscape)
    cells = [cell.strip() for cell in text.splitlines()[2].strip('|').split('|')]
    assert cells[:4] == ['16, 5', 'hd, ratio 0.5', '1', '90.00, 91.00']
    # Half the difference times the quantile of Student's t with one degree of freedom.
    assert cells[4] == '90.50 +- 6.35'
    assert sum('that fits' in line for line in text.splitlines()) == 3


def test_an_interval_is_that_of_student() -> None:
    values = [93.1, 92.0, 94.4, 93.3]
    low, high = stats.t.interval(0.95, 3, np.mean(values), stats.sem(values))
    mean, half = map(float, interval([dict(x=value) for value in values], 'x', 6).split(' +- '))
    assert (mean - half, mean + half) == (pytest.approx(low, abs=1e-5), pytest.approx(high, abs=1e-5))
    assert interval([dict(x=1.0)], 'x') == '1.00'
    assert interval([dict(x=1.0), {}], 'x') == ''


@pytest.mark.parametrize('line', ['{', '[]', '{"lane": "hd#0"}'])
def test_a_line_that_is_no_record_is_named(line: str, tmp_path: Path) -> None:
    path = tmp_path / 'lanes.jsonl'
    path.write_text(json.dumps(record(torch.zeros(6, 5))) + f'\n{line}\n')
    with pytest.raises(ValueError, match=r'lanes\.jsonl: line 2 is no record of a search in lanes'):
        read_lanes(path)


@pytest.mark.slow
def test_the_tables_of_the_documentation_are_those_of_the_records(landscape: Landscape, repository: Path) -> None:
    text = (repository / 'docs/evidence.md').read_text()
    tables = format_lanes(read_lanes(repository / 'docs/evidence/sizes_nasbench201.jsonl'), landscape)
    for table in tables.strip().split('\n\n'):
        assert table in text
