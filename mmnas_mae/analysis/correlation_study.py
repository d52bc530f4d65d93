"""What scores say of true accuracies, beside what the number of parameters says (Figures 2 and 5)."""

from dataclasses import dataclass
from itertools import combinations
from typing import Any, Mapping, Optional, Sequence

import numpy as np

from .correlation import Estimate, RankStatistics, mean_over, top_k
from .scores_file import Scores

#: For each benchmark the true values that scores are compared with, and those that are known of each earlier in
#: its training, where the table has them.
TRUTHS: dict[str, dict[str, Optional[str]]] = dict(
    nasbench201={f'{name}_test': f'{name}_test_12ep' for name in ('cifar10', 'cifar100', 'imagenet16')},
    nasbench101=dict(cifar10_valid_acc_108='cifar10_valid_acc_12'),
    **dict.fromkeys(
        ('transnas101_micro', 'transnas101_macro'),
        dict.fromkeys(
            (
                'class_scene_valid_top1',
                'class_object_valid_top1',
                'room_layout_valid_neg_loss',
                'jigsaw_valid_top1',
                'segmentsemantic_valid_mIoU',
                'normal_valid_ssim',
                'autoencoder_valid_ssim',
            )
        ),
    ),
)

#: Of how many of the best-scored the true values are reported.
TOP = (1, 10)


@dataclass(frozen=True)
class Protocol:
    """One way to score, with one or several seeds.

    Args:
        name: what it is called.
        seeds: the scores of each seed.
    """

    name: str
    seeds: Sequence[Scores]


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
    every resample of it.

    Args:
        protocols: ways to score.
        truths: names of true values; those of ``TRUTHS`` by default.
        resamples: resamples of the architectures, for intervals of 95 %.
        seed: seed of the resamples.

    Returns:
        dict: ``benchmark``; ``architectures`` and ``disconnected``, their numbers;
        ``losses``; and ``truths``, for each the :func:`compare` of it.

    Raises:
        ValueError: see :func:`common_architectures`; there is no such true value.
    """
    protocols = common_architectures(protocols)
    first = protocols[0].seeds[0]
    benchmark = first.meta['benchmark']
    known = TRUTHS.get(benchmark, {})
    found = {}
    for name in truths or list(known):
        values = first.truth(name)
        early = known.get(name)
        controls = dict(parameters=first.columns['params'])
        if early in first.columns:
            controls[early] = first.truth(early)
        found[name] = compare(protocols, controls, values, first.columns['connected'], resamples, seed)
    return dict(
        benchmark=benchmark,
        architectures=len(first),
        disconnected=int((~first.columns['connected'].astype(bool)).sum()),
        losses={protocol.name: _losses(protocol) for protocol in protocols},
        truths=found,
    )


def compare(
    protocols: Sequence[Protocol],
    controls: Mapping[str, np.ndarray],
    truth: np.ndarray,
    connected: np.ndarray,
    resamples: int = 2000,
    seed: int = 0,
) -> dict[str, Any]:
    """Rank correlations and the best-scored, of protocols and controls, with one true value.

    Args:
        protocols: on the same architectures.
        controls: (N,) of each; ``parameters`` is the one that partial coefficients hold fixed.
        truth: (N,) true values; an architecture without one (NaN) is left out.
        connected: (N,) whether each passes on its input.

    Returns:
        dict: ``ranges``: number of architectures in each range. ``predictors``: for each by range
        ``tau``, ``rho`` and ``partial`` (given the parameters, None for these themselves) as
        [value, low, high] and ``seed_std``, the standard deviation of tau over seeds; and
        ``top``, by k the mean and best true value of the k best-scored. ``differences``:
        by range and by pair of protocols, or of a protocol and the parameters, tau of the
        first minus that of the second over the same resamples. ``sample``: mean and best true value of all.
    """
    known = ~np.isnan(truth)
    predictors = {p.name: [scores.columns['score'] for scores in p.seeds] for p in protocols}
    predictors |= {name: [values] for name, values in controls.items()}
    ranges = _ranges(truth, known, known & connected.astype(bool))
    out: dict[str, Any] = dict(
        ranges={name: len(rows) for name, rows in ranges.items()},
        predictors={name: dict(top=_top(seeds, truth, ranges['all'])) for name, seeds in predictors.items()},
        differences={},
        sample=dict(mean=float(truth[known].mean()), best=float(truth[known].max())),
    )
    for name, rows in ranges.items():
        if len(rows) < 2:
            continue
        statistics, taus = RankStatistics(len(rows), resamples, seed), {}
        size = controls['parameters'][rows]
        for predictor, seeds in predictors.items():
            values = [seed_values[rows] for seed_values in seeds]
            each = [statistics.kendall(v, truth[rows]) for v in values]
            taus[predictor] = mean_over(each)
            rho = mean_over([statistics.spearman(v, truth[rows]) for v in values])
            partial = None
            if predictor != 'parameters':
                partial = Estimate.of(mean_over([statistics.partial_kendall(v, truth[rows], size) for v in values]))
            out['predictors'][predictor][name] = dict(
                tau=Estimate.of(taus[predictor]),
                rho=Estimate.of(rho),
                partial=partial,
                seed_std=float(np.std([e[0] for e in each], ddof=1)) if len(each) > 1 else None,
            )
        pairs = combinations([*(protocol.name for protocol in protocols), 'parameters'], 2)
        out['differences'][name] = {f'{a} - {b}': Estimate.of(taus[a] - taus[b]) for a, b in pairs}
    return out


def _ranges(truth: np.ndarray, known: np.ndarray, connected: np.ndarray) -> dict[str, np.ndarray]:
    """Rows of each range; of equal true values at the border of the top half the earlier count."""
    inside = np.flatnonzero(connected)
    best_first = inside[np.argsort(-truth[inside], kind='stable')]
    top = np.sort(best_first[: (len(inside) + 1) // 2])
    return {'all': np.flatnonzero(known), 'connected': inside, 'top half': top}


def _top(seeds: Sequence[np.ndarray], truth: np.ndarray, rows: np.ndarray) -> dict[int, dict[str, float]]:
    found = {}
    for k in TOP:
        mean, best = np.mean([top_k(values[rows], truth[rows], k) for values in seeds], axis=0)
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
