"""A sampler that can begin in the middle of an epoch."""

from itertools import islice
from typing import Any, Iterator

from mmengine.dataset import DefaultSampler

from ..registry import DATA_SAMPLERS


@DATA_SAMPLERS.register_module()
class ResumableSampler(DefaultSampler):
    """MMEngine's DefaultSampler, whose next epoch may begin at a later sample.

    The order of an epoch is that of DefaultSampler for the same seed, epoch and rank.
    ``len()`` stays that of a whole epoch, since schedules are counted from it.

    Args:
        args, kwargs: as DefaultSampler.
        start: how many samples of this rank the next iteration leaves out. It holds for
            one iteration, then returns to 0; it may be set on the sampler at any time.
    """

    def __init__(self, *args: Any, start: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.start = start

    def __iter__(self) -> Iterator[int]:
        """
        Raises:
            ValueError: ``start`` lies outside the epoch.
        """
        if not 0 <= self.start <= self.num_samples:
            raise ValueError(
                f'ResumableSampler.start must lie in 0..{self.num_samples}, the samples of one rank, got {self.start}'
            )
        start, self.start = self.start, 0
        return islice(super().__iter__(), start, None)
