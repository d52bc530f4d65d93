"""The disjoint parts of a data set that a search trains weights and architecture on."""

import random
from contextlib import contextmanager, nullcontext
from typing import Any, Iterator, Mapping, Optional, Union

import numpy as np
import torch
from mmengine.dataset import BaseDataset
from torch.utils.data import Dataset

from ..registry import DATASETS
from ..utils.errors import one_line


@DATASETS.register_module()
class SearchSplit(Dataset):
    """One part of a data set, drawn without labels, with reproducible augmentation.

    Parts are consecutive pieces of one seeded permutation, so those of equal ``seed``
    and ``fractions`` are disjoint. ``shuffle=False`` cuts the data set in its own
    order, as the original DARTS does.

    The random transforms of a sample depend on (seed, epoch, index of the sample)
    alone: not on the number of workers, nor on what was drawn before. A search that is
    resumed therefore sees the images that it would have seen.

    Args:
        dataset: the whole data set, a config or an object.
        part: which of ``fractions``.
        fractions: share of the data set for each part, in order; they may leave a rest.
            Two halves, ``weights`` and ``arch``, by default.
        seed: seed of the permutation and of the augmentation.
        shuffle: whether samples are drawn at random.

    Raises:
        ValueError: ``part`` is not in ``fractions``, the fractions are no shares, or the
            part would be empty.
        RuntimeError: the data set cannot be made; names its type and ``data_root``.
    """

    def __init__(
        self,
        dataset: Union[dict, Dataset],
        part: str,
        fractions: Optional[Mapping[str, float]] = None,
        seed: int = 0,
        shuffle: bool = True,
    ) -> None:
        self.fractions = dict(weights=0.5, arch=0.5) if fractions is None else dict(fractions)
        if part not in self.fractions:
            raise ValueError(f'part must be one of fractions ({", ".join(self.fractions)}), got {part!r}')
        if min(self.fractions.values()) <= 0 or sum(self.fractions.values()) > 1 + 1e-9:
            raise ValueError(f'fractions must be above 0 and sum to at most 1, got {self.fractions}')
        self.part = part
        self.seed = seed
        self.shuffle = shuffle
        # Shared memory, so that workers that outlive an epoch see the next one's number.
        self._epoch = torch.zeros(1, dtype=torch.int64).share_memory_()
        self.dataset = _build(dataset) if isinstance(dataset, dict) else dataset
        self.full_init()

    def full_init(self) -> None:
        """Initialises the whole data set and draws the part."""
        if hasattr(self.dataset, 'full_init'):
            self.dataset.full_init()
        total = len(self.dataset)
        start, stop = self._bounds(total)
        if start == stop:
            raise ValueError(
                f'part {self.part!r} is empty: fraction {self.fractions[self.part]} of the {total} images of '
                f'{type(self.dataset).__name__}'
            )
        if self.shuffle:
            order = torch.randperm(total, generator=torch.Generator().manual_seed(self.seed)).numpy()
        else:
            order = np.arange(total)
        self.indices = order[start:stop]

    def _bounds(self, total: int) -> tuple[int, int]:
        """Where the part begins and ends in the permutation."""
        names = list(self.fractions)
        shares = list(self.fractions.values())
        place = names.index(self.part)
        # The rounding keeps (0.1 + 0.2) * 10 = 3.0000000000000004 from moving a border.
        return tuple(int(round(sum(shares[:end]) * total, 6)) for end in (place, place + 1))

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
