"""Scores of many architectures of a benchmark beside what its table knows of them (Figures 2 and 5)."""

import time
from typing import Any, Callable, Mapping, Optional, Sequence

import numpy as np
import torch

from ..benchmarks.benchmark import PARAMETERS
from ..benchmarks.table import BenchmarkTable
from ..discrete import Evaluation, Evaluator, SearchRun
from ..models import MAENAS
from ..models.build import build_network
from ..models.layers.batch_statistics import batch_statistics
from ..models.objectives.prediction import CORRECT, L1
from ..models.reconstruction.trivial_fills import TRIVIAL_FILLS
from ..spaces import Genotype
from ..utils.seeding import kept_random_state


def sample_architectures(
    table: BenchmarkTable, num: int, seed: int = 0, connected_only: bool = False
) -> list[Genotype]:
    """A uniform sample without replacement of the entries of a table.

    The first architectures of a larger sample of the same seed are those of a smaller one.

    Args:
        num: how many.
        seed: seed of the order.
        connected_only: leaves out those whose ``is_connected`` is False in their space.

    Raises:
        ValueError: the table has fewer, or belongs to more than one space.
    """
    if len(table.spaces) > 1:
        names = ', '.join(space.name for space in table.spaces)
        raise ValueError(f'architectures are sampled from one space; benchmark {table.name} has {names}: name one')
    archs, chosen = list(table.archs()), []
    for place in np.random.default_rng(seed).permutation(len(archs)):
        if len(chosen) == num:
            break
        genotype = table.genotype(archs[place])
        if not connected_only or table.spaces[0].is_connected(genotype):
            chosen.append(genotype)
    if not 1 <= num <= len(chosen):
        raise ValueError(f'num must lie between 1 and the {len(chosen)} architectures of {table.name}, got {num}')
    return chosen


def count_params(genotype: Genotype, table: BenchmarkTable) -> int:
    """Parameters of the stand-alone network: those of the table or, where it lacks them, those of ours."""
    known = table.params(genotype)
    if known is not None:
        return known
    with torch.device('meta'):
        network = build_network(genotype.space, genotype)
    return sum(parameter.numel() for parameter in network.parameters())


def evaluate_within(
    evaluate: Evaluator,
    genotypes: Sequence[Genotype],
    map_fn: Callable = map,
    at_once: int = 1,
    seconds: Optional[float] = None,
    progress: Callable[[int], Any] = lambda number: None,
) -> bool:
    """Scores architectures until all are done or the time is over.

    Args:
        evaluate: scores and keeps the scores.
        map_fn: as for :meth:`mmnas_mae.discrete.Evaluator.batch`.
        at_once: how many are handed to ``map_fn`` together; a run that is killed loses no more.
        seconds: no scoring but the first starts later than this; None for no limit.
        progress: told after each step how many are done.

    Returns:
        bool: whether all are done.
    """
    start = time.monotonic()
    for place in range(0, len(genotypes), at_once):
        # What the file of the evaluator holds costs no time, and every call gets further.
        if seconds is not None and place > evaluate.recorded and time.monotonic() - start > seconds:
            return False
        evaluate.batch(genotypes[place : place + at_once], map_fn)
        progress(len(evaluate.history))
    return True


def score_columns(history: Sequence[Evaluation], table: BenchmarkTable) -> dict[str, list]:
    """One row for each architecture: its score, what scoring took, and all that is known of it.

    Returns:
        dict: ``arch``, ``score``, ``seconds``, ``cpu_seconds``, ``params``, ``connected``, and
        ``<data set>_<metric>`` for each value of the table, NaN where it is missing.
    """
    entries = [table.find(evaluation.genotype) for evaluation in history]
    pairs = [pair for pair in table.columns if table.units['_'.join(pair)] != PARAMETERS]
    return dict(
        arch=[evaluation.arch for evaluation in history],
        score=[evaluation.score for evaluation in history],
        seconds=[evaluation.seconds for evaluation in history],
        cpu_seconds=[evaluation.cpu_seconds for evaluation in history],
        params=[count_params(evaluation.genotype, table) for evaluation in history],
        connected=[table.spaces[0].is_connected(evaluation.genotype) for evaluation in history],
        **{f'{d}_{m}': [float(table.value(entry, d, m)) for entry in entries] for d, m in pairs},
    )


@torch.no_grad()
def trivial_losses(run: SearchRun, score: Optional[str] = None, batch_size: int = 64) -> Mapping[str, float]:
    """Reconstruction losses without a network, on the held-out images of a search under their masks.

    A network whose loss lies above that of the diffusion fill has learned to interpolate at best.

    Args:
        score: what is scored, as for :func:`mmnas_mae.discrete.image_scores`.

    Returns:
        Mapping: loss by the name in ``TRIVIAL_FILLS``, in the unit of the score; empty where
        the score is another thing than the error of an image.
    """
    model = run.model
    if run.heldout is None or not _scores_an_image(run, score):
        return {}
    error = model.head.pixel_error if score == 'l1' else model.head.per_image
    losses: dict[str, list] = {name: [] for name in TRIVIAL_FILLS}
    for batch in run.heldout.batches(batch_size):
        images = batch['inputs']
        for number in range(model.masks):
            mask = model.fixed_mask(images, batch['data_samples'], number)
            for name, predict in TRIVIAL_FILLS.items():
                losses[name].append(error(predict(images, mask), images, mask))
    return {name: float(torch.cat(values).double().mean()) for name, values in losses.items()}


def _scores_an_image(run: SearchRun, score: Optional[str]) -> bool:
    """Whether a score is minus the error of a reconstruction that is an image itself."""
    model, few = run.model, run.heldout.take(range(min(2, len(run.heldout.samples))))
    if not isinstance(model, MAENAS):
        return False
    with kept_random_state(), batch_statistics(model):
        given = model.predict(**few)[0]
    if L1 not in given:  # the target gives no pixels
        return False
    if score == 'l1':
        return True
    if CORRECT in given:  # its loss has a part that is no error of an image
        return False
    images = few['inputs']
    # Patches normalised on their own are no image: the image itself would not be a perfect answer.
    return not model.head.per_image(images, images, model.fixed_mask(images, few['data_samples'])).any()
