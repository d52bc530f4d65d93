"""What every search space offers, and how one is found by its name."""

import inspect
import random
from abc import ABC, abstractmethod
from typing import Any, Callable, Iterator, Mapping, Optional, Sequence, Union

from ..registry import SPACES
from ..utils.errors import shorten
from .genotype import Genotype

#: Operations without weights, by the names that they have in all published spaces.
WEIGHTLESS_OPS = ('skip_connect', 'none', 'avg_pool_3x3', 'max_pool_3x3', 'noise')


class SearchSpace(ABC):
    """What any space offers; it need not consist of cells.

    A space gives the abstract methods; the others have a meaning for it or keep theirs here.

    Attributes:
        name: name under which genotypes refer to the space.
        skeleton: name of the skeleton that its members belong on, an entry of
            ``mmnas_mae.registry.SKELETONS``; None where there is none.
        skip_op: the operation counted as a skip connection; None where no member has one.
        weightless_ops: the operations without weights, which a cell that collapses is full of.
        macro_keys: the settings of the skeleton that every member states in ``macro``.
    """

    name: str
    skeleton: Optional[str] = None
    skip_op: Optional[str] = None
    weightless_ops: tuple[str, ...] = WEIGHTLESS_OPS
    macro_keys: tuple[str, ...] = ()

    @abstractmethod
    def matches(self, text: str) -> bool:
        """Whether ``text`` looks like the space's text form (it may still be malformed)."""

    @abstractmethod
    def parse(self, text: str) -> Genotype:
        """Reads the space's own text form.

        Raises:
            ValueError: the text has another form.
        """

    def read(self, values: Mapping[str, Any]) -> Genotype:
        """Reads the keywords of DARTS, ``normal``, ``normal_concat`` and so on, as people keep them in JSON.

        Raises:
            ValueError: the space has no such form, or a cell has another one.
        """
        raise ValueError(f'space {self.name} is none of cells that are written in the style of DARTS')

    @abstractmethod
    def format(self, genotype: Genotype) -> str:
        """Writes the space's own text form."""

    @abstractmethod
    def validate(self, genotype: Genotype) -> None:
        """Checks that ``genotype`` is a member of the space.

        Raises:
            ValueError: the reason, naming the place and what would be allowed.
        """

    def ordered(self, genotype: Genotype) -> Genotype:
        """A member with its cells in the order of the space, which no file has to keep; here as it is."""
        return genotype

    @abstractmethod
    def random_genotype(self, generator: random.Random) -> Genotype:
        """Draws a member."""

    @abstractmethod
    def neighbours(self, genotype: Genotype) -> list[Genotype]:
        """All members that differ from ``genotype`` in one choice, each once, in a fixed order.

        Raises:
            ValueError: ``genotype`` is no member.
        """

    def mutate(self, genotype: Genotype, generator: random.Random) -> Genotype:
        """Draws a member that differs from ``genotype`` in one choice; by default one of :meth:`neighbours`.

        Raises:
            ValueError: ``genotype`` is no member, or the only one.
        """
        near = self.neighbours(genotype)
        if not near:
            raise ValueError(f'space {self.name} has a single member; nothing can be mutated')
        return generator.choice(near)

    def crossover(self, first: Genotype, second: Genotype, generator: random.Random) -> Optional[Genotype]:
        """A child of two members, every choice of it from one of them; None where the two cannot be mixed."""
        return None

    def num_choices(self, genotype: Genotype) -> int:
        """Of how many choices a member consists: the edges of its cells, here."""
        return sum(cell.num_edges for cell in genotype.cells.values())

    def enumerate(self) -> Iterator[Genotype]:
        """Every member, one at a time.

        Raises:
            ValueError: the space cannot list them.
        """
        raise ValueError(f'the members of space {self.name} cannot be listed')

    def is_connected(self, genotype: Genotype) -> bool:
        """Whether a member passes on something of its input; True in a space without ``none``."""
        return True

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
        ValueError: no such space, with the names of those that are registered, or an argument is missing.
    """
    if not isinstance(space, (str, dict)):
        return space
    cfg = dict(type=space) if isinstance(space, str) else dict(space)
    name = str(cfg.pop('type', None)).removeprefix(f'{SPACES.scope}.')
    # Not SPACES.get, which imports what a dotted name names: a genotype file must not be able to run anything.
    known = SPACES.module_dict
    builder = known.get(name) or known.get(name.lower().replace('-', '_'))
    if builder is None:
        raise ValueError(f'unknown search space {shorten(repr(name))}; there are: {", ".join(sorted(known))}')
    restrict = cfg.pop('restrict', None)
    if missing := [argument for argument in _needed(builder) if argument not in cfg]:
        raise ValueError(f'space {name} needs {", ".join(missing)}: give its config, dict(type={name!r}, ...)')
    try:
        built = builder(**cfg)
    except TypeError as error:
        raise ValueError(f'space {name}: {error}') from None
    return built if restrict is None else built.restricted(restrict)


def registered_spaces() -> list[SearchSpace]:
    """One of each registered space that needs no arguments, in the order of registration, aliases left out."""
    return [build() for build in dict.fromkeys(SPACES.module_dict.values()) if not _needed(build)]


def _needed(build: Callable[..., SearchSpace]) -> list[str]:
    """Names of the arguments without which a space cannot be built."""
    parameters = inspect.signature(build).parameters.values()
    return [p.name for p in parameters if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
