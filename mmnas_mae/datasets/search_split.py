"""The disjoint parts of a data set that a search trains weights and architecture on."""

import random
from contextlib import contextmanager, nullcontext
from typing import Any, Iterator, Mapping, Optional, Sequence, Union

import numpy as np
import torch
from mmengine.dataset import BaseDataset
from torch.utils.data import Dataset

from ..registry import DATASETS
from ..utils.errors import one_line
from ..utils.records import digest


@DATASETS.register_module()
class SearchSplit(Dataset):
    """One part of a data set, drawn without labels, with reproducible augmentation.

    Parts are consecutive pieces of one seeded permutation, so those of equal ``seed``
    and ``parts`` are disjoint. ``shuffle=False`` cuts the data set in its own
    order, as the original DARTS does.

    The random transforms of a sample depend on (seed, epoch, index of the sample)
    alone: not on the number of workers, nor on what was drawn before. A search that is
    resumed therefore sees the images that it would have seen.

    A split may be cut from a part of another one, as few labelled images are from those to train on. The random
    transforms then go by the seed and the epoch of the outer one.

    Args:
        dataset: the whole data set, a config or an object.
        part: name of one of ``parts``.
        parts: (name, share of the data set) of each part, in the order in which they are cut;
            they may leave a rest. ``[('weights', 0.5), ('arch', 0.5)]`` by default. No dict,
            since MMEngine sorts the keys of a config that it writes, and so the parts.
        seed: seed of the permutation and of the augmentation.
        shuffle: whether samples are drawn at random.
        pipeline: transforms in place of those of the data set. Here they are where inferencers look for them.
        lazy_init: leaves reading and drawing to :meth:`full_init`, for those who want ``metainfo`` alone.

    Raises:
        ValueError: ``parts`` is no list of names and shares, ``part`` is none of them, or the
            part would be empty.
        RuntimeError: the data set cannot be made; names its type and ``data_root``.
    """

    def __init__(
        self,
        dataset: Union[dict, Dataset],
        part: str,
        parts: Optional[Sequence[tuple[str, float]]] = None,
        seed: int = 0,
        shuffle: bool = True,
        pipeline: Optional[Sequence[Any]] = None,
        lazy_init: bool = False,
    ) -> None:
        if pipeline is not None:
            if not isinstance(dataset, dict):
                raise ValueError('SearchSplit.pipeline is for a data set given as a config, got an object')
            dataset = dict(dataset, pipeline=list(pipeline))
        if lazy_init and isinstance(dataset, dict):
            dataset = dict(dataset, lazy_init=True)
        self.parts = _read_parts([('weights', 0.5), ('arch', 0.5)] if parts is None else parts)
        names = [name for name, _ in self.parts]
        if part not in names:
            raise ValueError(f'SearchSplit.part must be one of {", ".join(names)}, got {part!r}')
        self.part = part
        self.seed = seed
        self.shuffle = shuffle
        # Shared memory, so that workers that outlive an epoch see the next one's number.
        self._epoch = torch.zeros(1, dtype=torch.int64).share_memory_()
        self.dataset = _build(dataset) if isinstance(dataset, dict) else dataset
        if not lazy_init:
            self.full_init()

    def full_init(self) -> None:
        """Initialises the whole data set and draws the part."""
        if hasattr(self.dataset, 'full_init'):
            self.dataset.full_init()
        total = len(self.dataset)
        start, stop = self._bounds(total)
        if start == stop:
            raise ValueError(
                f'part {self.part!r} is empty: share {dict(self.parts)[self.part]} of the {total} images of '
                f'{type(self.dataset).__name__}'
            )
        if self.shuffle:
            order = torch.randperm(total, generator=torch.Generator().manual_seed(self.seed)).numpy()
        else:
            order = np.arange(total)
        self.indices = order[start:stop]

    def _bounds(self, total: int) -> tuple[int, int]:
        """Where the part begins and ends in the permutation."""
        names, shares = zip(*self.parts)
        place = names.index(self.part)
        # The rounding keeps (0.1 + 0.2) * 10 = 3.0000000000000004 from moving a border.
        return tuple(int(round(sum(shares[:end]) * total, 6)) for end in (place, place + 1))

    def record(self) -> dict[str, Any]:
        """What says whether another split holds the same images in the same order.

        Returns:
            dict: ``images``, a hash of their indices; ``total``, images of the whole data set;
            ``content``, what files the data set has, if it says its ``fingerprint``; and the settings that
            lead to them: ``part``, ``parts``, ``seed`` and ``shuffle``.
        """
        images = digest(np.ascontiguousarray(self.indices, dtype='<i8').tobytes())
        settings = dict(part=self.part, parts=self.parts, seed=self.seed, shuffle=self.shuffle)
        if isinstance(self.dataset, SearchSplit):
            settings['content'] = digest(repr(sorted(self.dataset.record().items())).encode())
        elif hasattr(self.dataset, 'fingerprint'):
            settings['content'] = self.dataset.fingerprint()
        return dict(images=images, total=len(self.dataset), **settings)

    @property
    def metainfo(self) -> dict:
        """Meta information of the whole data set."""
        return self.dataset.metainfo

    @property
    def epoch(self) -> int:
        """The epoch that augmentation is drawn for."""
        return int(self._epoch)

    def set_epoch(self, epoch: int) -> None:
        """Changes the augmentation to that of ``epoch``, in running workers too."""
        self._epoch.fill_(epoch)
        if isinstance(self.dataset, SearchSplit):
            self.dataset.set_epoch(epoch)
        for transform in getattr(getattr(self.dataset, 'pipeline', None), 'transforms', ()):
            if hasattr(transform, 'set_epoch'):
                transform.set_epoch(epoch)

    def __len__(self) -> int:
        return len(self.indices)

    def get_data_info(self, idx: int) -> dict:
        """The entry of a sample in the whole data set, whose ``sample_idx`` it keeps."""
        return self.dataset.get_data_info(int(self.indices[idx]))

    def __getitem__(self, idx: int) -> Any:
        """
        Raises:
            RuntimeError: the sample cannot be read; names the data set, the index in it and the path.
        """
        index = int(self.indices[idx])
        # Seeding takes longer than reading a sample from an array, which draws nothing.
        fixed = getattr(self.dataset, 'deterministic', False)
        with nullcontext() if fixed else seeded(self.seed, self.epoch, index):
            try:
                sample = self._fetch(index)
            except Exception as error:
                reason = one_line(error)
                raise RuntimeError(f'{self._name(index, reason)}: {reason}') from error
        if sample is None:
            raise RuntimeError(f'{self._name(index)}: its pipeline returned None')
        return sample

    def _fetch(self, index: int) -> Any:
        if isinstance(self.dataset, SearchSplit):
            # Not by its own seed, which would draw the same transforms in every epoch of this one.
            return self.dataset._fetch(int(self.dataset.indices[index]))
        # BaseDataset.__getitem__ replaces a sample that its pipeline gives up by another, drawn
        # from the whole data set: the parts would no longer be disjoint, nor the fault be seen.
        if getattr(type(self.dataset), '__getitem__', None) is BaseDataset.__getitem__:
            return self.dataset.prepare_data(index)
        return self.dataset[index]

    def _name(self, index: int, reason: str = '') -> str:
        try:
            path = self.dataset.get_data_info(index).get('img_path')
        except Exception:  # the entry itself is what cannot be read; its own message says where
            path = None
        where = f' ({path})' if path and path not in reason else ''
        return f'{type(self.dataset).__name__}, image {index}{where}, cannot be read'


def _read_parts(parts: Any) -> list[tuple[str, float]]:
    """The checked list of ``parts``."""
    if isinstance(parts, Mapping):
        # A dict that was sorted has the architecture first.
        order = sorted(parts.items(), key=lambda item: ('weights', 'arch', item[0]).index(item[0]))
        raise ValueError(
            f'SearchSplit.parts must be a list in the order in which the images are cut, such as {order}, '
            'got a dict, whose order is no setting'
        )
    if not isinstance(parts, (list, tuple)) or not parts or not all(map(_is_share, parts)):
        example = "[('weights', 0.5), ('arch', 0.5)]"
        raise ValueError(f'SearchSplit.parts must be a list of names and shares, such as {example}, got {parts!r}')
    pairs = [(name, share) for name, share in parts]
    if len(dict(pairs)) < len(pairs):
        raise ValueError(f'SearchSplit.parts must have different names, got {pairs}')
    shares = [share for _, share in pairs]
    if min(shares) <= 0 or sum(shares) > 1 + 1e-9:
        raise ValueError(f'SearchSplit.parts must have shares above 0 that sum to at most 1, got {pairs}')
    return pairs


def _is_share(pair: Any) -> bool:
    return (
        isinstance(pair, (list, tuple))
        and len(pair) == 2
        and isinstance(pair[0], str)
        and isinstance(pair[1], (int, float))
    )


def _build(config: dict) -> Dataset:
    # What mmpretrain says of a missing or empty folder names neither the data set nor the setting.
    try:
        return DATASETS.build(config)
    except Exception as error:
        name = f'data set {config.get("type")!r} with data_root={config.get("data_root", "")!r}'
        raise RuntimeError(f'{name} cannot be made: {one_line(error)}') from error


@contextmanager
def seeded(*key: int) -> Iterator[None]:
    """Seeds the generators of python, numpy and torch (CPU) by ``key``; restores them afterwards."""
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    words = np.random.SeedSequence([part % 2**63 for part in key]).generate_state(4)
    try:
        random.seed(int(words[0]))
        np.random.seed(words[1])
        # Not torch.manual_seed: it would reseed the accelerators as well.
        torch.default_generator.manual_seed(int(words[2]) << 32 | int(words[3]))
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.set_rng_state(states[2])
