"""What a comparison has found: means, differences seed by seed, and whether the found network wins."""

from typing import Any, Iterable, Mapping, NamedTuple, Optional, Sequence

from ..scores.intervals import Interval, mean_interval, paired_interval
from .rivals import FOUND, Rival

SCRATCH, PRETRAINED = 'scratch', 'pretrained'
#: What a judge has done, for a reader.
JUDGE_WORDS = dict(train='trained', linear='linear probe', knn='nearest neighbours')


class Run(NamedTuple):
    """A network judged once.

    Args:
        rival: name of the network.
        start: ``scratch`` or ``pretrained``.
        judge: ``train``, ``linear`` or ``knn``.
        labels: share of the labels.
        seed: the seed.
        accuracy: per cent; None where the training has diverged.
        seconds: that it took.
        rate: learning rate of a training.
        trials: accuracy of each rate in the trial.
    """

    rival: str
    start: str
    judge: str
    labels: float
    seed: int
    accuracy: Optional[float]
    seconds: float
    rate: Optional[float] = None
    trials: Optional[Mapping[str, Optional[float]]] = None


def summarize(rivals: Sequence[Rival], runs: Sequence[Run]) -> list[dict[str, Any]]:
    """A row for each network, start, judge and share of labels.

    Returns:
        list[dict]: ``rival``, ``label``, ``start``, ``judge``, ``labels``, ``setting`` in words, ``accuracies``
        by seed, ``accuracy`` (mean, low, high), ``found_ahead``, the found network minus this one seed by seed, where
        both began alike, ``pretraining`` (pretrained minus scratch), ``seconds`` (mean), ``rate``, ``trials`` and
        ``diverged`` seeds.
    """
    labels = {rival.name: rival.label for rival in rivals}
    grouped: dict[tuple, list[Run]] = {}
    for run in runs:
        grouped.setdefault((run.rival, run.start, run.judge, run.labels), []).append(run)
    values = {key: _by_seed(group) for key, group in grouped.items()}
    rows = []
    for (rival, start, judge, share), group in grouped.items():
        own = values[rival, start, judge, share]
        found = values.get((FOUND, start, judge, share), {}) if rival != FOUND else {}
        scratch = values.get((rival, SCRATCH, judge, share), {}) if start == PRETRAINED else {}
        rows.append(
            dict(
                rival=rival,
                label=labels[rival],
                start=start,
                judge=judge,
                labels=share,
                setting=setting(start, judge, share),
                accuracies={str(seed): value for seed, value in own.items()},
                accuracy=_plain(mean_interval(list(own.values())) if own else None),
                found_ahead=_plain(paired_interval(found, own)),
                pretraining=_plain(paired_interval(own, scratch)),
                seconds=sum(run.seconds for run in group) / len(group),
                rate=group[0].rate,
                trials=group[0].trials,
                diverged=[run.seed for run in group if run.accuracy is None],
            )
        )
    return rows


def verdicts(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Whether the found network wins, for each start, judge and share of labels that rivals share with it.

    It wins where the interval of the difference from every rival lies above 0.

    Returns:
        list[dict]: ``start``, ``judge``, ``labels``, ``wins`` (None with one seed) and ``sentence``.
    """
    said = []
    for key in dict.fromkeys((row['start'], row['judge'], row['labels']) for row in rows):
        alike = [row for row in rows if (row['start'], row['judge'], row['labels']) == key]
        rivals = [row for row in alike if row['found_ahead'] is not None]
        if rivals:
            wins, sentence = _verdict(alike, rivals)
            known = dict(zip(('start', 'judge', 'labels'), key))
            said.append(dict(known, wins=wins, sentence=f'{setting(*key)}: {sentence}'))
    return said


def setting(start: str, judge: str, labels: float) -> str:
    """In words, such as ``trained from scratch on 10 % of the labels``."""
    begin = dict(scratch='from scratch', pretrained='from pre-trained weights')[start]
    if judge == 'train':
        return f'Trained {begin} on {100 * labels:g} % of the labels'
    frozen = dict(scratch='weights as they are drawn', pretrained='pre-trained weights')[start]
    return f'{JUDGE_WORDS[judge].capitalize()} on frozen {frozen}, {100 * labels:g} % of the labels'


def _verdict(alike: Sequence[Mapping[str, Any]], rivals: Sequence[Mapping[str, Any]]) -> tuple[Optional[bool], str]:
    differences = {row['label']: Interval(**row['found_ahead']) for row in rivals}
    if any(each.low is None for each in differences.values()):
        best = max((row for row in alike if row['accuracy']), key=lambda row: row['accuracy']['mean'])
        won = f'the best is {best["label"]} with {best["accuracy"]["mean"]:.1f} %'
        return None, f'with one seed there is no interval, so nobody wins; {won}.'
    ahead = {label: each for label, each in differences.items() if each.low > 0}
    behind = {label: each for label, each in differences.items() if each.high < 0}
    open_ = {label: each for label, each in differences.items() if label not in ahead and label not in behind}
    parts = []
    if behind:
        parts.append(f'it is behind {_list(behind)}')
    if open_:
        parts.append(f'it cannot be told apart from {_list(open_)}')
    if ahead:
        parts.append(f'it is ahead of {_list(ahead)}')
    wins = len(ahead) == len(differences)
    return wins, f'the found network {"wins" if wins else "does not win"}: {"; ".join(parts)}.'


def _list(differences: Mapping[str, Interval]) -> str:
    return ', '.join(f'{label} ({difference_text(each)})' for label, each in differences.items())


def difference_text(difference: Interval) -> str:
    """Percentage points with their interval: ``+1.3 [-0.2, 2.8]``."""
    ends = '' if difference.low is None else f' [{difference.low:.1f}, {difference.high:.1f}]'
    return f'{difference.mean:+.1f}{ends}'


def _by_seed(runs: Iterable[Run]) -> dict[int, float]:
    return {run.seed: run.accuracy for run in runs if run.accuracy is not None}


def _plain(interval: Optional[Interval]) -> Optional[dict[str, Any]]:
    return None if interval is None else interval._asdict()
