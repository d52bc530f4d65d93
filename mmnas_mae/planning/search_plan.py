"""What the settings of a search are that suit images and a machine, why, and how long it will take.

The rules are choices, not measurements: docs/command_line.md lists them. What is given counts over all of them.
"""

import math
import os
from dataclasses import dataclass
from typing import Any, Iterator, Mapping, NamedTuple, Optional, Union

from mmengine.config import Config

from ..apis.own_images import LARGEST_CIFAR, ImageFacts, stem_of
from ..apis.own_search import OwnSearch
from ..utils.config import LOADERS, read_config
from .machine import Machine
from .step_time import BATCH, GPU_BYTES, POSITIONS, StepTime, measured_time, published_time

#: The search of a folder.
CONFIG = 'configs/search/maenas_darts-s0_1xb64-50e_folder.py'

#: Sides that are chosen, in pixels, all multiples of the strides and patches of their stem.
SIDES = (32, 64, 96, 128, 160, 192, 224)
#: Of a median side from it on, a GPU gets 64 pixels.
MIDDLE = 48
#: The largest that a processor gets.
CPU_SIDE = 128
#: Share of the images that trains the weights, steps that an epoch should have, and a search: in fewer than 966 none
#: can decide, alpha resting in 30 % of them (ln(1.5) / (2 * 0.0003) at its learning rate), and twice that is room.
SHARE, EPOCH_STEPS, SEARCH_STEPS = 0.45, 8, 2000
EPOCHS, FEWEST_EPOCHS, MOST_EPOCHS = 50, 10, 1000
#: The smallest batch that is chosen: normalisation needs some images.
FEWEST_IMAGES = 8
#: Part of the free memory of a GPU that a step may take.
MEMORY_SHARE = 0.7
#: Stride of the first cells behind each stem.
_STEM_STRIDES = dict(cifar=1, imagenet=8)


class Choice(NamedTuple):
    """A setting and why it is so."""

    value: Any
    reason: str


@dataclass(frozen=True)
class SearchPlan:
    """A search that is about to run.

    Args:
        choices: setting to value and reason.
        options: the same as options of the config, by dotted keys.
        seconds: how long it will take, without validation.
        source: where that is from.
    """

    choices: Mapping[str, Choice]
    options: Mapping[str, Any]
    seconds: float
    source: str

    def lines(self) -> Iterator[str]:
        """What a person should know before it starts."""
        for name, (value, reason) in self.choices.items():
            yield f'{name:<11} {value!s:<6} {reason}'
        yield f'{"time":<11} about {duration(self.seconds)}, {self.source}; the log says `eta` as it goes'


def duration(seconds: float) -> str:
    """Seconds as a person says them."""
    for unit, size in (('days', 86400), ('hours', 3600), ('minutes', 60)):
        if seconds >= 2 * size:
            return f'{seconds / size:.1f} {unit}'
    return f'{seconds:.0f} seconds'


def plan_search(
    folder: Union[str, os.PathLike],
    machine: Machine,
    given: Mapping[str, Optional[int]],
    hours: float,
    options: Optional[Mapping[str, Any]] = None,
) -> SearchPlan:
    """Chooses what is not given.

    Args:
        folder: the images, as for :class:`mmnas_mae.apis.OwnSearch`.
        machine: where it will run.
        given: ``size``, ``patch_size``, ``batch_size``, ``epochs`` and ``workers``; None leaves them open.
        hours: that it should take at most; as many epochs are done as fit, at least 10.
        options: settings that override the config, whatever was chosen.

    Raises:
        FileNotFoundError: there are no images.
        RuntimeError: too many cannot be read.
        ValueError: a setting cannot be.
    """
    for name, value in given.items():
        least = 0 if name == 'workers' else 1
        if value is not None and (not isinstance(value, int) or value < least):
            raise ValueError(f'{name} must be a whole number, at least {least}, got {value!r}')
    if not hours > 0:
        raise ValueError(f'hours must be above 0, got {hours!r}')
    options = dict(options or {})
    own = {key.removeprefix('own_images.'): value for key, value in options.items() if key.startswith('own_images.')}
    own = {'data_root': os.fspath(folder), **own, 'max_broken': None}
    facts = OwnSearch(**own).look()
    kept = {name: Choice(value, 'given') for name, value in given.items() if value is not None}
    if own.get('size') is not None:
        kept.setdefault('size', Choice(own['size'], 'given'))
    choices: dict[str, Choice] = {'device': Choice(machine.device, machine.name)}
    size, _ = choices['size'] = kept.get('size') or choose_size(facts, machine)
    choices['patch size'] = kept.get('patch_size') or choose_patch(size)
    batch, _ = choices['batch'] = kept.get('batch_size') or choose_batch(facts.count, size, machine)
    choices['workers'] = kept.get('workers') or choose_workers(machine)
    made: dict[str, Any] = {
        'own_images.data_root': os.fspath(folder),
        'own_images.size': size,
        'model.mask_generator.patch_size': choices['patch size'].value,
    }
    for name in LOADERS:
        made.update({f'{name}.batch_size': batch, f'{name}.num_workers': choices['workers'].value})
    # All images are decoded when the search starts, not twice.
    cfg = read_config(CONFIG, {**made, **options, 'own_images.max_broken': None})
    taken = time_of(cfg, size, batch, machine)
    steps = max(1, math.ceil(SHARE * facts.count / batch))
    share = cfg.default_hooks.bilevel.warmup_epochs
    warmup = share if share < 1 else 0.0
    choices['epochs'] = kept.get('epochs') or choose_epochs(steps, taken.of_search(steps, 1, warmup), hours)
    made['train_cfg.max_epochs'] = choices['epochs'].value
    made.update(options)
    epochs = made['train_cfg.max_epochs']
    made.setdefault('train_cfg.val_interval', min(cfg.train_cfg.val_interval, epochs))
    return SearchPlan(choices, made, taken.of_search(steps, epochs, warmup), taken.source)


def choose_size(facts: ImageFacts, machine: Machine) -> Choice:
    """The side of what the network sees, by the median of the shorter sides."""
    on_cpu = machine.device == 'cpu'
    reason = f'{facts.count} images, median shorter side {facts.side} pixels'
    if facts.side < MIDDLE:
        return Choice(SIDES[0], reason)
    if facts.side < SIDES[2]:
        return (
            Choice(SIDES[0], f'{reason}, and 64 have four times the positions') if on_cpu else Choice(SIDES[1], reason)
        )
    if on_cpu and facts.side > CPU_SIDE:
        return Choice(CPU_SIDE, f'{reason}, on a processor at most {CPU_SIDE}')
    return Choice(max(each for each in SIDES if each <= facts.side), reason)


def choose_patch(size: int) -> Choice:
    """The side of a masked patch, the paper's for each stem."""
    if size <= LARGEST_CIFAR:
        return Choice(4, "the paper's for the stem of CIFAR")
    return Choice(8, "the paper's for the stem of ImageNet")


def choose_batch(count: int, size: int, machine: Machine) -> Choice:
    """The paper's 64 images, fewer where an epoch would have few steps or a GPU has little memory."""
    batch, reason = BATCH, "the paper's"
    while batch > FEWEST_IMAGES and SHARE * count < EPOCH_STEPS * batch:
        batch //= 2
        reason = f'{SHARE:.0%} of the images train the weights, in {EPOCH_STEPS} steps an epoch where that is possible'
    if machine.memory is not None:
        while batch > FEWEST_IMAGES and work_of(size, batch) * GPU_BYTES > MEMORY_SHARE * machine.memory:
            batch //= 2
            reason = f'at most {MEMORY_SHARE:.0%} of the {machine.memory / 1e9:.1f} GB that are free'
    return Choice(batch, reason)


def choose_workers(machine: Machine) -> Choice:
    """Processes that read images for each of the two parts of the data."""
    workers = 0 if machine.cores == 1 else min(4, max(1, machine.cores // 2))
    return Choice(workers, f'{machine.cores} core{"s" if machine.cores > 1 else ""}; each half of a step has its own')


def choose_epochs(steps: int, seconds: float, hours: float) -> Choice:
    """The paper's 50, more where these are few steps, fewer where they take too long.

    Args:
        steps: of an epoch.
        seconds: of an epoch.
        hours: that there are.
    """
    epochs, reason = EPOCHS, "the paper's"
    if steps * epochs < SEARCH_STEPS:
        epochs = min(MOST_EPOCHS, math.ceil(SEARCH_STEPS / steps))
        reason = f'{steps} steps each; alpha needs some {SEARCH_STEPS} to decide'
    fitting = math.floor(hours * 3600 / seconds)
    if fitting < epochs:
        epochs, reason = max(FEWEST_EPOCHS, fitting), f'as many as fit into {hours:g} hours, at least {FEWEST_EPOCHS}'
    return Choice(epochs, reason)


def work_of(size: int, batch: int) -> float:
    """Images times positions of the features of the first cells, in units of 64 images of 32 pixels."""
    return batch * (size / _STEM_STRIDES[stem_of(size)]) ** 2 / (BATCH * POSITIONS)


def time_of(cfg: Config, size: int, batch: int, machine: Machine) -> StepTime:
    """Seconds of a step: measured on a processor, by docs/speed.md on a GPU."""
    return published_time(work_of(size, batch)) if machine.device == 'cuda' else measured_time(cfg, size)
