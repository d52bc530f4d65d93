"""What every search space offers, and how one is found by its name."""

import random
from abc import ABC, abstractmethod
from typing import Union

from ..registry import SPACES
from .genotype import Genotype


class SearchSpace(ABC):
    """What any space offers; it need not consist of cells.

    Attributes:
        name: name under which genotypes refer to the space.
    """

    name: str

    @abstractmethod
    def matches(self, text: str) -> bool:
        """Whether ``text`` looks like the space's text form (it may still be malformed)."""

    @abstractmethod
    def parse(self, text: str) -> Genotype:
        """Reads the space's own text form.

        Raises:
            ValueError: the text has another form.
        """

    @abstractmethod
    def format(self, genotype: Genotype) -> str:
        """Writes the space's own text form."""

    @abstractmethod
    def validate(self, genotype: Genotype) -> None:
        """Checks that ``genotype`` is a member of the space.

        Raises:
            ValueError: the reason, naming the place and what would be allowed.
        """

    @abstractmethod
    def random_genotype(self, generator: random.Random) -> Genotype:
        """Draws a member."""

    @abstractmethod
    def mutate(self, genotype: Genotype, generator: random.Random) -> Genotype:
        """Draws a member that differs from ``genotype`` in one choice."""


def get_space(space: Union[str, dict, SearchSpace]) -> SearchSpace:
    """A space by registered name (``'s0'``, ``'darts_s0'``), by config, or as it is.

    Raises:
        ValueError: no such space; the message lists the registered names.
    """
    if not isinstance(space, (str, dict)):
        return space
    cfg = dict(type=space) if isinstance(space, str) else dict(space)
    name = str(cfg.pop('type', None)).removeprefix(f'{SPACES.scope}.')
    builder = SPACES.get(name) or SPACES.get(name.lower().replace('-', '_'))
    if builder is None:
        raise ValueError(f'unknown search space {name!r}; there are: {", ".join(sorted(SPACES.module_dict))}')
    return builder(**cfg)


def registered_spaces() -> list[SearchSpace]:
    """One of each registered space, in the order of registration, aliases left out."""
    return [build() for build in dict.fromkeys(SPACES.module_dict.values())]
