"""What every search space offers, and how one is found by its name."""

import random
from abc import ABC, abstractmethod
from typing import Mapping, Optional, Sequence, Union

from ..registry import SPACES
from .genotype import Genotype


class SearchSpace(ABC):
    """What any space offers; it need not consist of cells.

    Attributes:
        name: name under which genotypes refer to the space.
        skeleton: name of the skeleton that its members belong on, an entry of
            ``mmnas_mae.registry.SKELETONS``; None where there is none.
    """

    name: str
    skeleton: Optional[str] = None

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

    def restricted(self, ops: Mapping[str, Sequence]) -> 'SearchSpace':
        """The space with fewer candidates.

        Raises:
            ValueError: the space has no candidates that could be left out.
        """
        raise ValueError(f'space {self.name} has no cells with candidate operations to restrict')


def get_space(space: Union[str, dict, SearchSpace]) -> SearchSpace:
    """A space by registered name (``'s0'``, ``'darts_s0'``), by config, or as it is.

    Args:
        space: in a config, ``restrict`` leaves only the given candidates, for each cell
            type one list for all edges or one for each (see ``CellSpace.restricted``).

    Raises:
        ValueError: no such space; the message lists the registered names.
    """
    if not isinstance(space, (str, dict)):
        return space
    cfg = dict(type=space) if isinstance(space, str) else dict(space)
    name = str(cfg.pop('type', None)).removeprefix(f'{SPACES.scope}.')
    # Not SPACES.get, which imports what a dotted name names: a genotype file must not be able to run anything.
    known = SPACES.module_dict
    builder = known.get(name) or known.get(name.lower().replace('-', '_'))
    if builder is None:
        raise ValueError(f'unknown search space {name!r}; there are: {", ".join(sorted(known))}')
    restrict = cfg.pop('restrict', None)
    return builder(**cfg) if restrict is None else builder(**cfg).restricted(restrict)


def registered_spaces() -> list[SearchSpace]:
    """One of each registered space, in the order of registration, aliases left out."""
    return [build() for build in dict.fromkeys(SPACES.module_dict.values())]
