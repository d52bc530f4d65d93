"""A comparison from begin to end."""

import itertools
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence

import torch

from ..costs import measure_latency
from ..registry import DATASETS, MODELS
from ..spaces import get_space
from ..utils.pictures import save_figure
from ..utils.records import write_json, write_text
from .picture import comparison_figure
from .rivals import Field, Rival
from .summary import PRETRAINED, SCRATCH, Run, summarize, verdicts
from .table import format_comparison
from .trainings import JUDGES, TRAINED, Trainings
from .width import classifier

#: What a comparison leaves in its folder, and reports of a search look for below that of the search.
CONTENT = 'comparison.json'


def compare(
    field: Field,
    rivals: Sequence[Rival],
    left_out: Mapping[str, str],
    trainings: Trainings,
    seeds: Sequence[int],
    judges: Sequence[str],
    shares: Sequence[float],
    weights: Mapping[str, str],
    pretrained: Optional[Mapping[str, Mapping[str, Any]]] = None,
) -> dict[str, Any]:
    """Runs what has not been run, judges, and writes ``comparison.json``, ``comparison.md`` and ``comparison.png``.

    Args:
        field: that has made the networks.
        rivals: the networks, the found one among them.
        left_out: why others are not compared.
        trainings: that run them.
        seeds: of trainings; the first is that of the trials too.
        judges: as in :data:`mmnas_mae.comparison.trainings.JUDGES`.
        shares: shares of the labels.
        weights: checkpoint by name of a network that begins with it too.
        pretrained: what :class:`mmnas_mae.comparison.pretraining.Pretraining` has given, by name of a network.

    Returns:
        dict: what ``comparison.json`` holds.
    """
    runs: list[Run] = []
    starts = [(rival, None) for rival in rivals]
    starts += [(rival, weights[rival.name]) for rival in rivals if rival.name in weights]
    for rival, checkpoint in starts:
        runs += _frozen(trainings, rival, checkpoint, shares, seeds, [judge for judge in judges if judge != TRAINED])
    # Few labels first, which take least; seeds last, so that an interrupted comparison has some networks whole.
    for share in sorted(shares) if TRAINED in judges else ():
        for rival, checkpoint in starts:
            runs += _trained(trainings, rival, checkpoint, share, seeds)
    # As a reader asks: trained before frozen, all labels before few.
    runs.sort(key=lambda run: (JUDGES.index(run.judge), -run.labels))
    rows = summarize(rivals, runs)
    heldout = DATASETS.build(trainings.recipe.heldout())
    found_in = get_space(field.genotype.space)
    content = dict(
        genotype=found_in.format(field.genotype),
        space=field.genotype.space,
        budget_macs=field.macs,
        shape=list(field.shape),
        classes=field.num_classes,
        images=trainings.recipe.num_images,
        heldout_images=len(heldout),
        seeds=list(seeds),
        recipe=trainings.recipe.words(trainings.rates, trainings.trial_share),
        device=trainings.device,
        rivals=[dict(rival.to_dict(), latency_ms=_latency(rival, field, trainings.device)) for rival in rivals],
        left_out=dict(left_out),
        weights=dict(weights),
        pretrained={name: dict(each) for name, each in (pretrained or {}).items()},
        rows=rows,
        verdicts=verdicts(rows),
    )
    folder = Path(trainings.folder)
    write_json(folder / CONTENT, content, indent=1)
    write_text(folder / 'comparison.md', format_comparison(content))
    save_figure(comparison_figure(rows), folder / 'comparison.png')
    return content


def _trained(
    trainings: Trainings, rival: Rival, checkpoint: Optional[str], share: float, seeds: Sequence[int]
) -> list[Run]:
    start = SCRATCH if checkpoint is None else PRETRAINED
    rate, trials = trainings.rate(rival, share, seeds[0], checkpoint)
    runs = []
    for seed in seeds:
        out = trainings.train(rival, share, seed, checkpoint, rate)
        runs.append(
            Run(rival.name, start, TRAINED, share, seed, out['accuracy'], out['seconds'], rate=rate, trials=trials)
        )
    return runs


def _frozen(
    trainings: Trainings,
    rival: Rival,
    checkpoint: Optional[str],
    shares: Sequence[float],
    seeds: Sequence[int],
    judges: Sequence[str],
) -> list[Run]:
    start = SCRATCH if checkpoint is None else PRETRAINED
    runs = []
    # All shares of a seed one after another: they have the same features.
    for seed, share in itertools.product(seeds if judges else (), shares):
        if checkpoint is not None and share == 1 and seed != seeds[0]:
            # The same weights and the same images: a repetition would make an interval of no width.
            continue
        judged = trainings.frozen(rival, share, seed, checkpoint)
        for judge in judges:
            out = judged[judge]
            runs.append(Run(rival.name, start, judge, share, seed, out['accuracy'], out['seconds']))
    return runs


def _latency(rival: Rival, field: Field, device: str) -> float:
    """Milliseconds of one image, the least of 20."""
    with torch.random.fork_rng(devices=[]):
        model = classifier(rival.backbone, field.num_classes).eval()
    return round(measure_latency(model, field.shape, device=device), 3)


def check_weights_of(weights: Mapping[str, str], rivals: Sequence[Rival]) -> None:
    """Refuses checkpoints of networks that are not compared, or of others than these, before anything is trained.

    Raises:
        ValueError: a name is none of a network, or the weights are of another one.
        FileNotFoundError: there is no such file.
    """
    known = {rival.name: rival for rival in rivals}
    for name, path in weights.items():
        if name not in known:
            raise ValueError(f'--weights must name one of {", ".join(known)}, got {name!r}')
        if not Path(path).is_file():
            raise FileNotFoundError(f'--weights {name}={path!r}: there is no such file')
        init = dict(type='Pretrained', checkpoint=path, prefix='backbone.')
        MODELS.build(dict(known[name].backbone, init_cfg=init)).init_weights()
