"""The two spaces of TransNAS-Bench-101 (yawen-d/TransNASBench: README.md, lib/models/net_infer).

An architecture reads ``<base channels>-<modules>-<block>``. A digit of the modules says
what a module of two blocks does: 1 keeps everything, 2 doubles the channels, 3 halves the
resolution, 4 does both. The block is ``basic`` (a residual block) or a cell such as
``1_02_333``: for each node the operations on its incoming edges.
"""

import random
import re
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Iterator

from ..registry import SPACES
from ..utils.errors import shorten
from .cell_graph import CellGraph
from .genotype import CellGenotype, Genotype
from .search_space import SearchSpace
from .space import CellSpace

#: Candidate operations; the position is the digit of the text form.
TRANSNAS101_OPS = ('none', 'skip_connect', 'nor_conv_1x1', 'nor_conv_3x3')

#: Digits of modules that double the channels, and of those that halve the resolution.
DOUBLING, HALVING = '24', '34'

_TEXT = re.compile(r'([0-9]{1,4})-([0-9]{1,9})-([a-z0-9_]+)')


def _split(text: str, name: str, form: str) -> tuple[int, str, str]:
    match = _TEXT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f'an architecture of {name} reads like {form}, got {shorten(repr(text))}')
    return int(match[1]), match[2], match[3]


class TransNASMicroSpace(CellSpace):
    """A space of one cell in a fixed skeleton."""

    def matches(self, text: str) -> bool:
        """Text with three groups of digits for the cell."""
        return re.fullmatch(r'\s*\d+-\d+-\d+_\d+_\d+\s*', text) is not None

    def parse(self, text: str) -> Genotype:
        """Reads the benchmark's string.

        Raises:
            ValueError: the text has another form or names an unknown operation.
        """
        channels, modules, code = _split(text, self.name, '64-41414-1_02_333')
        (kind, graph), *_ = self.cells.items()
        nodes = []
        for i, digits in enumerate(code.split('_')):
            if not re.fullmatch(f'[0-{len(TRANSNAS101_OPS) - 1}]{{{i + 1}}}', digits):
                raise ValueError(
                    f'node {i + 1} of an architecture of {self.name} takes {i + 1} digits from 0 to '
                    f'{len(TRANSNAS101_OPS) - 1}, got {shorten(repr(digits))} in {shorten(repr(text))}'
                )
            nodes.append(tuple((TRANSNAS101_OPS[int(digit)], source) for source, digit in enumerate(digits)))
        macro = dict(base_channels=channels, modules=modules, block='cell')
        return Genotype(self.name, {kind: CellGenotype(tuple(nodes), graph.concat)}, macro=macro)

    def format(self, genotype: Genotype) -> str:
        """Writes the benchmark's string."""
        (cell,) = genotype.cells.values()
        nodes = (sorted(node, key=lambda edge: edge[1]) for node in cell.nodes)
        code = '_'.join(''.join(str(TRANSNAS101_OPS.index(op)) for op, _ in node) for node in nodes)
        return f'{genotype.macro["base_channels"]}-{genotype.macro["modules"]}-{code}'


@SPACES.register_module(name=['transnas101_micro', 'transnas_micro'])
def transnas101_micro() -> TransNASMicroSpace:
    """4,096 cells: one input, three nodes, four candidates on each of the six edges, ``none`` allowed."""
    cells = dict(cell=CellGraph.dense(1, 3, TRANSNAS101_OPS, concat=(3,)))
    return TransNASMicroSpace('transnas101_micro', cells, macro=dict(base_channels=64, modules='41414', block='cell'))


@cache
def _macro_modules() -> tuple[str, ...]:
    """All module strings, shorter ones first: 4 to 6 modules, 1 to 3 doublings, 1 to 4 halvings."""
    strings = (''.join(digits) for length in (4, 5, 6) for digits in product('1234', repeat=length))
    return tuple(s for s in strings if 1 <= _count(s, DOUBLING) <= 3 and 1 <= _count(s, HALVING) <= 4)


def _count(modules: str, digits: str) -> int:
    return sum(digit in digits for digit in modules)


@SPACES.register_module(name=['transnas101_macro', 'transnas_macro'])
@dataclass(frozen=True)
class TransNASMacroSpace(SearchSpace):
    """3,256 skeletons of residual blocks: 4 to 6 modules, 1 to 3 of them doubling channels, 1 to 4 resolution.

    Its genotypes have no cells; all is in ``macro``: ``base_channels``, ``modules`` and
    ``block``.
    """

    name: str = 'transnas101_macro'

    skeleton = 'transnas101'
    macro_keys = ('base_channels', 'modules', 'block')

    def matches(self, text: str) -> bool:
        """Text that ends with the residual block."""
        return re.fullmatch(r'\s*\d+-\d+-basic\s*', text) is not None

    def parse(self, text: str) -> Genotype:
        """Reads the benchmark's string.

        Raises:
            ValueError: the text has another form.
        """
        channels, modules, block = _split(text, self.name, '64-1234-basic')
        return Genotype(self.name, {}, macro=dict(base_channels=channels, modules=modules, block=block))

    def format(self, genotype: Genotype) -> str:
        """Writes the benchmark's string."""
        return '{base_channels}-{modules}-{block}'.format(**genotype.macro)

    def validate(self, genotype: Genotype) -> None:
        """Checks that ``genotype`` is a member of the space.

        Raises:
            ValueError: the reason, naming the setting and what would be allowed.
        """
        where, macro = f'space {self.name}', genotype.macro
        if genotype.cells:
            raise ValueError(f'{where} has no cells, the genotype has {sorted(genotype.cells)}')
        if set(macro) != set(self.macro_keys):
            raise ValueError(f"{where}: macro has 'base_channels', 'modules' and 'block', got {sorted(macro)}")
        if macro['base_channels'] != 64 or macro['block'] != 'basic':
            raise ValueError(
                f"{where}: base_channels must be 64 and block 'basic', got {shorten(repr(macro['base_channels']))} and "
                f'{shorten(repr(macro["block"]))}'
            )
        if macro['modules'] not in _macro_modules():
            raise ValueError(
                f'{where}: modules must be 4 to 6 digits from 1 to 4, 1 to 3 of them 2 or 4 (channels), 1 to 4 of '
                f'them 3 or 4 (resolution), got {shorten(repr(macro["modules"]))}'
            )

    def random_genotype(self, generator: random.Random) -> Genotype:
        """A uniform draw."""
        return self._member(generator.choice(_macro_modules()))

    def num_choices(self, genotype: Genotype) -> int:
        """The modules of the skeleton."""
        return len(genotype.macro['modules'])

    def neighbours(self, genotype: Genotype) -> list[Genotype]:
        """The members that differ by one module: changed, added or left out.

        Raises:
            ValueError: ``genotype`` is no member.
        """
        self.validate(genotype)
        old = genotype.macro['modules']
        near = {old[:i] + old[i + 1 :] for i in range(len(old))}
        for digit in '1234':
            near |= {old[:i] + digit + old[i + 1 :] for i in range(len(old))}
            near |= {old[:i] + digit + old[i:] for i in range(len(old) + 1)}
        return [self._member(modules) for modules in sorted(near.intersection(_macro_modules()) - {old})]

    def enumerate(self) -> Iterator[Genotype]:
        """Every member, shorter ones first."""
        return map(self._member, _macro_modules())

    def _member(self, modules: str) -> Genotype:
        return Genotype(self.name, {}, macro=dict(base_channels=64, modules=modules, block='basic'))
