"""Independent evaluations, one after the other, in two processes and on a local Ray of two workers."""

import os
import random
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from joblib.externals.loky import get_reusable_executor

from mmnas_mae.discrete.map_evaluations import map_evaluations, ray_cluster


def evaluate(item: dict) -> dict:
    """Draws from every generator and computes; the first run of the item ``kill`` ends its process."""
    marker = Path(item['folder']) / f'{item["number"]}.killed'
    if item['kill'] and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    weight = torch.randn(32, 32)
    value = float((weight @ torch.randn(32, 8)).relu().sum())
    return dict(
        number=item['number'],
        value=value,
        draws=(random.random(), float(np.random.rand())),
        process=os.getpid(),
    )


def fail(item: int) -> int:
    if item == 1:
        raise ValueError(f'no score for {item}')
    return item


def items(folder: Path, kill: int = -1) -> list[dict]:
    return [dict(number=i, folder=str(folder), kill=i == kill) for i in range(5)]


@pytest.fixture(scope='module')
def two_workers() -> None:
    """Two workers of either kind that all tests of the file share."""
    with ray_cluster(cpus=2):
        yield
    get_reusable_executor().shutdown()


def without_process(results: list[dict]) -> list[dict]:
    return [{key: value for key, value in result.items() if key != 'process'} for result in results]


@pytest.mark.parametrize('workers', ['joblib', 'ray'])
def test_the_results_are_the_sequential_ones_though_a_worker_is_killed(
    two_workers: None, tmp_path: Path, workers: str
) -> None:
    expected = map_evaluations(evaluate, items(tmp_path), seed=7)
    found = map_evaluations(evaluate, items(tmp_path, kill=2), workers=workers, num_workers=2, seed=7)
    assert (tmp_path / '2.killed').exists()
    assert without_process(found) == without_process(expected)
    assert os.getpid() not in {result['process'] for result in found}
    assert len({result['value'] for result in found}) == len(found)
    assert without_process(map_evaluations(evaluate, items(tmp_path), seed=8)) != without_process(expected)


def test_a_lost_worker_without_retries_and_an_exception_are_named(two_workers: None, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match='evaluation 3 of 5 failed: worker lost 1 times'):
        map_evaluations(evaluate, items(tmp_path, kill=3), workers='ray', retries=0)
    with pytest.raises(RuntimeError, match='worker lost 1 times: [1-5] of 5 evaluations are not done'):
        map_evaluations(evaluate, items(tmp_path, kill=4), workers='joblib', num_workers=2, retries=0)
    for workers in ('sequential', 'joblib', 'ray'):
        with pytest.raises(RuntimeError, match='evaluation 1 of 3 failed: ValueError: no score for 1'):
            map_evaluations(fail, [0, 1, 2], workers=workers, num_workers=2)


def test_the_callers_generators_and_threads_are_left_alone(tmp_path: Path) -> None:
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    map_evaluations(evaluate, items(tmp_path), threads=threads + 1)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize(
    'setting, message',
    [
        (dict(workers='dask'), "workers must be one of .*, got 'dask'"),
        (dict(threads=0), 'threads must be at least 1'),
        (dict(retries=-1), 'retries must be at least 0'),
        (dict(workers='joblib', gpus=0.5), 'gpus is for workers="ray".*got 0.5'),
    ],
)
def test_settings_out_of_range(setting: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        map_evaluations(fail, [], **setting)
