"""Many independent evaluations: populations, stand-alone trainings, seeds."""

import os
import sys
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from typing import Any, Callable, Iterator, Optional, Sequence, TypeVar

import torch

from ..datasets.search_split import seeded
from ..utils.errors import one_line

Item = TypeVar('Item')
Result = TypeVar('Result')

WORKERS = ('sequential', 'joblib', 'ray')


def map_evaluations(
    fn: Callable[[Item], Result],
    items: Sequence[Item],
    workers: str = 'sequential',
    num_workers: Optional[int] = None,
    threads: int = 1,
    gpus: float = 0.0,
    retries: int = 2,
    seed: int = 0,
    address: Optional[str] = None,
) -> list[Result]:
    """``[fn(item) for item in items]``, one after the other, in processes or on Ray, with the same results.

    The global generators are seeded by (seed, place of the item) and ``threads`` threads
    of torch run for each evaluation, so that a result depends on nothing but its item.

    Args:
        fn: evaluates an item; but for ``sequential`` it and its items and results must pickle.
        items: what to evaluate.
        workers: ``sequential``; ``joblib``, processes on this machine, with what scikit-learn brings along; or ``ray``
            (``pip install ray``), which knows of GPUs and of other machines.
        num_workers: evaluations at the same time on this machine; as many as its cores
            hold by default. Means nothing on an existing cluster.
        threads: threads, and beside ``sequential`` CPU cores, of an evaluation.
        gpus: share of a GPU that an evaluation holds on Ray.
        retries: how often an evaluation is run again whose worker was lost; a worker that joblib loses takes the
            evaluations of the others with it. An exception of ``fn`` itself is not retried.
        seed: seed of the evaluations.
        address: an existing Ray cluster, such as ``auto``; by default one is started on
            this machine, and stopped at the end.

    Returns:
        list: the results in the order of ``items``.

    Raises:
        ValueError: a setting lies outside its range.
        ModuleNotFoundError: Ray, or joblib, is not installed.
        RuntimeError: an evaluation failed, or its worker was lost more than ``retries``
            times; names the place of the item, which joblib does not know of a lost worker.
    """
    if workers not in WORKERS:
        raise ValueError(f'workers must be one of {WORKERS}, got {workers!r}')
    for name, value, least in (('threads', threads, 1), ('retries', retries, 0), ('num_workers', num_workers or 1, 1)):
        if value < least:
            raise ValueError(f'{name} must be at least {least}, got {value}')
    evaluate = partial(_evaluate, fn, threads, seed)
    if gpus and workers == 'joblib':
        raise ValueError(f'gpus is for workers="ray", which shares them out, got {gpus} with workers="joblib"')
    if workers == 'joblib':
        return _on_joblib(evaluate, items, num_workers, threads, retries)
    if workers == 'ray':
        return _on_ray(evaluate, items, num_workers, threads, gpus, retries, address)
    results = []
    for place, item in enumerate(items):
        try:
            results.append(evaluate(place, item))
        except Exception as error:
            raise _failed(place, items, error) from error
    return results


def _evaluate(fn: Callable, threads: int, seed: int, place: int, item: Any) -> Any:
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with seeded(seed, place):
            return fn(item)
    finally:
        torch.set_num_threads(before)


def _on_joblib(evaluate: Callable, items: Sequence, num_workers: Optional[int], threads: int, retries: int) -> list:
    try:
        import joblib
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError('workers="joblib" needs joblib: pip install joblib', name='joblib') from error
    jobs = num_workers or max(1, joblib.cpu_count() // threads)
    results: dict[int, Any] = {}
    for _ in range(retries + 1):
        waiting = [(place, item) for place, item in enumerate(items) if place not in results]
        # One at a time, since evaluations are long; arrays as they are, since mapped ones could not be written to.
        pool = joblib.Parallel(jobs, return_as='generator_unordered', batch_size=1, max_nbytes=None)
        try:
            for place, result, problem in pool(joblib.delayed(_attempt)(evaluate, *pair) for pair in waiting):
                if problem is not None:
                    raise RuntimeError(f'evaluation {place} of {len(items)} failed: {problem}')
                results[place] = result
            return [results[place] for place in range(len(items))]
        except BrokenProcessPool:
            continue
    raise RuntimeError(
        f'worker lost {retries + 1} times: {len(items) - len(results)} of {len(items)} evaluations are not done'
    )


def _attempt(evaluate: Callable, place: int, item: Any) -> tuple[int, Any, Optional[str]]:
    """What a process of joblib runs: place, result and, in words since not every exception pickles, what went wrong."""
    try:
        return place, evaluate(place, item), None
    except Exception as error:
        return place, None, one_line(error)


def _on_ray(
    evaluate: Callable,
    items: Sequence,
    num_workers: Optional[int],
    threads: int,
    gpus: float,
    retries: int,
    address: Optional[str],
) -> list:
    try:
        import ray
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError('workers="ray" needs Ray: pip install ray', name='ray') from error
    cpus = None if num_workers is None else num_workers * threads
    with ray_cluster(address, cpus):
        # Ray itself runs a task again whose worker died; it keeps no task for one that raised.
        task = ray.remote(num_cpus=threads, num_gpus=gpus, max_retries=retries)(evaluate_remotely)
        shared = ray.put(evaluate)
        references = [task.remote(shared, place, item) for place, item in enumerate(items)]
        results = []
        for place, reference in enumerate(references):
            try:
                results.append(ray.get(reference))
            except ray.exceptions.RayTaskError as error:
                raise _failed(place, items, error.cause or error) from error
            except ray.exceptions.RayError as error:
                lost = f'worker lost {retries + 1} times: {type(error).__name__}'
                raise RuntimeError(f'evaluation {place} of {len(items)} failed: {lost}') from error
        return results


def evaluate_remotely(evaluate: Callable, place: int, item: Any) -> Any:
    """What a worker of Ray runs."""
    return evaluate(place, item)


@contextmanager
def ray_cluster(address: Optional[str] = None, cpus: Optional[int] = None) -> Iterator[None]:
    """Connects to Ray, or starts it for the length of the block; leaves alone what runs already."""
    import ray

    if ray.is_initialized():
        yield
        return
    os.environ.setdefault('RAY_USAGE_STATS_ENABLED', '0')
    if address is None:
        ray.init(
            address='local',
            num_cpus=cpus,
            include_dashboard=False,
            log_to_driver=False,
            logging_level='ERROR',
            # Workers find every module that this process finds.
            runtime_env=dict(env_vars=dict(PYTHONPATH=os.pathsep.join(filter(None, sys.path)))),
        )
    else:
        ray.init(address=address, log_to_driver=False, logging_level='ERROR')
    try:
        yield
    finally:
        ray.shutdown()


def _failed(place: int, items: Sequence, error: BaseException) -> RuntimeError:
    reason = one_line(error)
    return RuntimeError(f'evaluation {place} of {len(items)} failed: {reason}')
