"""The space of NAS-Bench-201, also the topology space of NATS-Bench (D-X-Y/NATS-Bench)."""

import re
from typing import Union

from ..registry import SPACES
from ..utils.errors import shorten
from .cell_graph import CellGraph
from .genotype import CellGenotype, Genotype
from .space import CellSpace

#: Candidate operations, in the order of the published architecture parameters.
NASBENCH201_OPS = ('none', 'skip_connect', 'nor_conv_1x1', 'nor_conv_3x3', 'avg_pool_3x3')

_FORM = '|op~0|+|op~0|op~1|+|op~0|op~1|op~2|'
_NODE = re.compile(r'\|(?:[a-z0-9_]+~[0-9]{1,2}\|)+')


#: Of the edges 0->1, 0->2, 0->3, 1->2, 1->3, 2->3 (automl/NASLib: search_spaces/nasbench201/conversions.py).
_NASLIB = re.compile(r'[(\[]' + r'\s*([0-4])\s*,' * 5 + r'\s*([0-4])\s*,?\s*[)\]]')
#: What they stand for.
_NASLIB_OPS = ('skip_connect', 'none', 'nor_conv_3x3', 'nor_conv_1x1', 'avg_pool_3x3')


def _from_naslib(numbers: tuple[int, ...]) -> str:
    first, second, third, fourth, fifth, sixth = (_NASLIB_OPS[number] for number in numbers)
    return f'|{first}~0|+|{second}~0|{fourth}~1|+|{third}~0|{fifth}~1|{sixth}~2|'


class NASBench201Space(CellSpace):
    """A space of one cell whose text lists the incoming edges of each node: ``|op~0|+|op~0|op~1|+...``.

    The numbers by which NASLib names a cell, ``(4, 0, 3, 1, 4, 3)``, are read too.
    """

    def matches(self, text: str) -> bool:
        """Text that starts with a bar and a name, or the numbers of NASLib."""
        return re.match(r'\s*\|[a-z]', text) is not None or _NASLIB.fullmatch(text.strip()) is not None

    def parse(self, text: str) -> Genotype:
        """Reads the benchmark's architecture string, or the numbers of NASLib.

        Raises:
            ValueError: the text has another form.
        """
        if match := _NASLIB.fullmatch(text.strip()):
            text = _from_naslib(tuple(map(int, match.groups())))
        nodes = text.strip().split('+')
        if not all(_NODE.fullmatch(node) for node in nodes):
            raise ValueError(f'an architecture of {self.name} reads {_FORM}, got {shorten(repr(text))}')
        (kind, graph), *_ = self.cells.items()
        edges = ([edge.split('~') for edge in node.strip('|').split('|')] for node in nodes)
        cell = tuple(tuple(sorted(((op, int(s)) for op, s in node), key=lambda edge: edge[1])) for node in edges)
        return Genotype(self.name, {kind: CellGenotype(cell, graph.concat)})

    def format(self, genotype: Genotype) -> str:
        """Writes the benchmark's architecture string, sources in ascending order."""
        (cell,) = genotype.cells.values()
        nodes = (sorted(node, key=lambda edge: edge[1]) for node in cell.nodes)
        return '+'.join(f'|{"|".join(f"{op}~{source}" for op, source in node)}|' for node in nodes)


@SPACES.register_module(name=['nasbench201', 'nas_bench_201'])
def nasbench201() -> NASBench201Space:
    """15,625 cells: one input, three nodes, five candidates on each of the six edges, ``none`` allowed."""
    return NASBench201Space('nasbench201', dict(cell=CellGraph.dense(1, 3, NASBENCH201_OPS, concat=(3,))))


def canonical(genotype: Genotype) -> str:
    """The function of a NAS-Bench-201 cell, written so that equal functions read alike.

    The rule of the benchmark (``to_unique_str`` with zeros considered) carried through:
    a skip connection stands for what it reads, ``none`` and whatever reads only zeros
    (a convolution of zeros is a constant) adds nothing, and the order of a sum does not
    matter. The benchmark keeps zero terms in its sums, so it tells some equal cells
    apart: it counts 6,466 classes, here there are 4,930.

    Returns:
        str: such as ``x+nor_conv_3x3(x)``; empty for a cell that returns zeros.
    """
    (cell,) = genotype.cells.values()
    states: list[list[str]] = [['x']]  # terms of the sum in each state
    for edges in cell.nodes:
        terms = []
        for op, source in edges:
            if op == 'skip_connect':
                terms += states[source]
            elif op != 'none' and states[source]:
                terms.append(f'{op}({"+".join(states[source])})')
        states.append(sorted(terms))
    return '+'.join(states[-1])


def unique_key(arch: Union[str, Genotype]) -> str:
    """:func:`canonical` of an architecture string or a genotype, the same for isomorphic cells.

    Raises:
        ValueError: ``arch`` is no member of NAS-Bench-201.
    """
    space = nasbench201()
    genotype = space.parse(arch) if isinstance(arch, str) else arch
    space.validate(genotype)
    return canonical(genotype)
