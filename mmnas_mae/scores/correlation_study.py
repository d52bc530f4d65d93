"""What scores say of true accuracies, beside what the number of parameters says (Figures 2 and 5)."""

from dataclasses import dataclass
from itertools import combinations
from typing import Any, Mapping, Optional, Sequence

import numpy as np

from ..benchmarks.load import get_benchmark
from .correlation import Estimate, RankStatistics, mean_over, top_k
from .scores_file import Scores

#: Of how many of the best-scored the true values are reported.
TOP = (1, 10)
#: Of about equally many architectures by size, see :func:`size_bins`.
BINS = 10


@dataclass(frozen=True)
class Protocol:
    """One way to score, with one or several seeds.

    Args:
        name: what it is called.
        seeds: the scores of each seed.
    """

    name: str
    seeds: Sequence[Scores]


def by_sample(protocols: Sequence[Protocol]) -> list[list[Protocol]]:
    """The protocols on each sample of architectures (``arch_seed``) that all of them scored.

    Raises:
        ValueError: there is no such sample; see also :func:`common_architectures`.
    """
    drawn = [{scores.meta.get('arch_seed', 0) for scores in protocol.seeds} for protocol in protocols]
    shared = sorted(set.intersection(*drawn))
    if not shared:
        seeds = '; '.join(f'{p.name}: {sorted(s)}' for p, s in zip(protocols, drawn))
        raise ValueError(f'the protocols share no sample of architectures; their arch seeds are {seeds}')
    return [
        common_architectures(
            [Protocol(p.name, [s for s in p.seeds if s.meta.get('arch_seed', 0) == sample]) for p in protocols]
        )
        for sample in shared
    ]


def common_architectures(protocols: Sequence[Protocol]) -> list[Protocol]:
    """The same protocols with only those architectures that all files hold, in one order.

    Raises:
        ValueError: fewer than two remain, files belong to different benchmarks, or names repeat.
    """
    files = [scores for protocol in protocols for scores in protocol.seeds]
    benchmarks = sorted({scores.meta['benchmark'] for scores in files})
    names = [protocol.name for protocol in protocols]
    if len(benchmarks) > 1 or len(set(names)) < len(names):
        raise ValueError(
            f'scores must be of one benchmark and protocols differ in name, got {", ".join(benchmarks)} and '
            f'{", ".join(names)}'
        )
    shared = set.intersection(*(set(scores.columns['arch']) for scores in files))
    order = [arch for arch in files[0].columns['arch'] if arch in shared]
    if len(order) < 2:
        raise ValueError(f'the {len(files)} files of scores share {len(order)} architectures, at least 2 are needed')

    def restricted(scores: Scores) -> Scores:
        place = {arch: i for i, arch in enumerate(scores.columns['arch'])}
        rows = np.array([place[arch] for arch in order])
        return Scores({name: values[rows] for name, values in scores.columns.items()}, scores.meta)

    return [Protocol(protocol.name, [restricted(scores) for scores in protocol.seeds]) for protocol in protocols]


def study(
    protocols: Sequence[Protocol],
    truths: Optional[Sequence[str]] = None,
    resamples: int = 2000,
    seed: int = 0,
) -> dict[str, Any]:
    """Compares protocols and controls with true values, all on the same architectures and resamples.

    The ranges are ``all``, the ``connected`` cells, and the ``top half`` of these by true
    value. With several seeds a coefficient is the mean of those of the seeds, and so is
    every resample of it. Seeds may have samples of architectures of their own: then each
    sample is resampled apart, and the interval is that of the mean.

    Args:
        protocols: ways to score.
        truths: names of true values; those that the benchmark is known for by default.
        resamples: resamples of the architectures, for intervals of 95 %.
        seed: seed of the resamples.

    Returns:
        dict: ``benchmark``; ``architectures`` and ``disconnected``, their numbers over all
        samples; ``samples``, how many; ``losses``; and ``truths``, for each the :func:`compare` of it.

    Raises:
        ValueError: see :func:`by_sample`; there is no such true value, or no such benchmark.
    """
    samples = by_sample(protocols)
    firsts = [sample[0].seeds[0] for sample in samples]
    benchmark = firsts[0].meta['benchmark']
    known = get_benchmark(benchmark).truth_names()
    together = [Protocol(p.name, [s for sample in samples for s in sample[i].seeds]) for i, p in enumerate(protocols)]
    return dict(
        benchmark=benchmark,
        samples=len(samples),
        architectures=sum(map(len, firsts)),
        disconnected=int(sum((~first.columns['connected'].astype(bool)).sum() for first in firsts)),
        losses={protocol.name: _losses(protocol) for protocol in together},
        truths={
            name: compare([Sample.of(sample, name, known.get(name)) for sample in samples], resamples, seed)
            for name in truths or list(known)
        },
    )


@dataclass(frozen=True)
class Sample:
    """Architectures, what was predicted of them, and what is true.

    Args:
        protocols: names of those predictors that are protocols.
        predictors: by name (N,) values for each seed; ``parameters`` is the one that partial
            coefficients hold fixed.
        truth: (N,) true values; an architecture without one (NaN) is left out.
        connected: (N,) whether each passes on its input.
    """

    protocols: Sequence[str]
    predictors: Mapping[str, Sequence[np.ndarray]]
    truth: np.ndarray
    connected: np.ndarray

    @classmethod
    def of(cls, protocols: Sequence[Protocol], truth: str, early: Optional[str] = None) -> 'Sample':
        """
        Args:
            protocols: on the same architectures.
            truth: name of the true value.
            early: name of the control that is known earlier, where the scores have it.

        Raises:
            ValueError: there is no such true value.
        """
        first = protocols[0].seeds[0]
        predictors = {p.name: [scores.columns['score'] for scores in p.seeds] for p in protocols}
        predictors['parameters'] = [first.columns['params']]
        if early in first.columns:
            predictors[early] = [first.truth(early)]
        connected = first.columns['connected'].astype(bool)
        return cls([p.name for p in protocols], predictors, first.truth(truth), connected)

    @property
    def ranges(self) -> dict[str, np.ndarray]:
        """Rows of each range."""
        known = ~np.isnan(self.truth)
        return _ranges(self.truth, known, known & self.connected)


def compare(samples: Sequence[Sample], resamples: int = 2000, seed: int = 0) -> dict[str, Any]:
    """Rank correlations and the best-scored, of protocols and controls, with one true value.

    Returns:
        dict: ``ranges``: number of architectures in each range. ``predictors``: for each by range
        ``tau``, ``rho``, ``partial`` (given the parameters, None for these themselves) and ``equal``
        (tau over pairs of about equal size, :func:`size_bins`) as [value, low, high] and
        ``seed_std``, the standard deviation of tau over seeds; and
        ``top``, by k the mean and best true value of the k best-scored. ``differences``:
        by range and by pair of protocols, or of a protocol and the parameters, tau of the
        first minus that of the second over the same resamples. ``sample``: mean and best true value of all.
    """
    predictors, rows = list(samples[0].predictors), [sample.ranges for sample in samples]
    truths = np.concatenate([sample.truth[own['all']] for sample, own in zip(samples, rows)])
    out: dict[str, Any] = dict(
        ranges={name: sum(len(own[name]) for own in rows) for name in rows[0]},
        predictors={name: dict(top=_top(samples, name)) for name in predictors},
        differences={},
        sample=dict(mean=float(truths.mean()), best=float(truths.max())),
    )
    for name in rows[0]:
        if min(len(own[name]) for own in rows) < 2:
            continue
        taus: dict[str, np.ndarray] = {}
        counted = [RankStatistics(len(own[name]), resamples, seed + i) for i, own in enumerate(rows)]
        for predictor in predictors:
            found: dict[str, list] = dict(tau=[], rho=[], partial=[], equal=[])
            seeds: list[float] = []
            for sample, own, statistics in zip(samples, rows, counted):
                truth, size = sample.truth[own[name]], sample.predictors['parameters'][0][own[name]]
                values = [each[own[name]] for each in sample.predictors[predictor]]
                each_tau = [statistics.kendall(v, truth) for v in values]
                seeds += [tau[0] for tau in each_tau]
                found['tau'].append(mean_over(each_tau))
                found['rho'].append(mean_over([statistics.spearman(v, truth) for v in values]))
                bins = size_bins(size)
                found['equal'].append(mean_over([statistics.kendall(v, truth, within=bins) for v in values]))
                if predictor != 'parameters':
                    partial = [statistics.partial_kendall(v, truth, size) for v in values]
                    found['partial'].append(mean_over(partial))
            taus[predictor] = mean_over(found['tau'])
            out['predictors'][predictor][name] = dict(
                {key: Estimate.of(mean_over(each)) if each else None for key, each in found.items()},
                seed_std=float(np.std(seeds, ddof=1)) if len(seeds) > 1 else None,
            )
        pairs = combinations([*samples[0].protocols, 'parameters'], 2)
        out['differences'][name] = {f'{a} - {b}': Estimate.of(taus[a] - taus[b]) for a, b in pairs}
    return out


def size_bins(params: np.ndarray, bins: int = BINS) -> np.ndarray:
    """(N,) bin of each architecture by its number of parameters: about equally many in each, equal numbers in one."""
    edges = np.quantile(params, np.arange(1, bins) / bins)
    return np.searchsorted(edges, params, side='left')


def _ranges(truth: np.ndarray, known: np.ndarray, connected: np.ndarray) -> dict[str, np.ndarray]:
    """Rows of each range; of equal true values at the border of the top half the earlier count."""
    inside = np.flatnonzero(connected)
    best_first = inside[np.argsort(-truth[inside], kind='stable')]
    top = np.sort(best_first[: (len(inside) + 1) // 2])
    return {'all': np.flatnonzero(known), 'connected': inside, 'top half': top}


def _top(samples: Sequence[Sample], predictor: str) -> dict[int, dict[str, float]]:
    found = {}
    for k in TOP:
        each = []
        for sample in samples:
            rows = sample.ranges['all']
            each += [top_k(values[rows], sample.truth[rows], k) for values in sample.predictors[predictor]]
        mean, best = np.mean(each, axis=0)
        found[k] = dict(mean=float(mean), best=float(best))
    return found


def _losses(protocol: Protocol) -> Optional[dict[str, Any]]:
    """Losses of a protocol that scores by reconstruction, beside the trivial predictors.

    Returns:
        dict: ``median`` and ``best`` loss of the connected architectures, the loss of each
        trivial predictor, and ``below``, which share of architectures lies below each; None
        where nothing is reconstructed.
    """
    trivial = [scores.meta.get('trivial_losses') or {} for scores in protocol.seeds]
    if not all(trivial):
        return None
    losses = [-scores.columns['score'][scores.columns['connected'].astype(bool)] for scores in protocol.seeds]
    if not all(len(values) for values in losses):
        return None
    return dict(
        median=float(np.mean([np.median(values) for values in losses])),
        best=float(np.mean([values.min() for values in losses])),
        trivial={name: float(np.mean([seed[name] for seed in trivial])) for name in trivial[0]},
        below={
            name: float(np.mean([(values < seed[name]).mean() for values, seed in zip(losses, trivial)]))
            for name in trivial[0]
        },
    )
