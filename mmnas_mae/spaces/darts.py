"""The DARTS space S0 (quark0/darts: cnn/genotypes.py, cnn/model_search.py)."""

from typing import Any

from ..registry import SPACES
from .cell_graph import CellGraph
from .space import CellSpace

#: Candidate operations of S0, in the order of the published architecture parameters.
DARTS_OPS = (
    'none',
    'max_pool_3x3',
    'avg_pool_3x3',
    'skip_connect',
    'sep_conv_3x3',
    'sep_conv_5x5',
    'dil_conv_3x3',
    'dil_conv_5x5',
)


def darts_space(name: str, normal: tuple, reduce: tuple, **rule: Any) -> CellSpace:
    """A space of DARTS cells: 2 inputs, 4 nodes, 14 edges, 2 kept for each node.

    Args:
        normal, reduce: candidate operations, one list for all edges or one for each.
        rule: of :class:`CellSpace` what differs from DARTS at derivation.
    """
    cells = dict(normal=CellGraph.dense(2, 4, normal), reduce=CellGraph.dense(2, 4, reduce))
    return CellSpace(name, cells, **{**dict(keep=2, never=('none',)), **rule})


@SPACES.register_module(name=['darts_s0', 's0', 'darts'])
def darts_s0() -> CellSpace:
    """S0: eight candidates on each of the 14 edges."""
    return darts_space('darts_s0', DARTS_OPS, DARTS_OPS)


@SPACES.register_module(name=['darts_s0_no_none', 's0_no_none'])
def darts_s0_no_none() -> CellSpace:
    """S0 without ``none``: seven candidates (SDARTS and ROME)."""
    ops = DARTS_OPS[1:]
    return darts_space('darts_s0_no_none', ops, ops)


@SPACES.register_module(name=['darts_s0_all_edges', 'snas'])
def darts_s0_all_edges() -> CellSpace:
    """S0 in which derivation keeps all 14 edges and may choose ``none``.

    SNAS-Series/SNAS-Series: SNAS/model_search.py, ``genotype_edge_all``.
    """
    return darts_space('darts_s0_all_edges', DARTS_OPS, DARTS_OPS, keep=None, never=())


@SPACES.register_module(name=['darts_s0_pairs', 'gdas'])
def darts_s0_pairs() -> CellSpace:
    """S0 in which a node keeps two pairs of an operation and a source, of one source maybe.

    D-X-Y/AutoDL-Projects: xautodl/models/cell_searchs/search_model_gdas_nasnet.py.
    """
    return darts_space('darts_s0_pairs', DARTS_OPS, DARTS_OPS, repeats=True)


# S1: candidates of each edge, node by node, as in automl/RobustDARTS: src/spaces.py.
_SKIP, _MAX, _AVG = 'skip_connect', 'max_pool_3x3', 'avg_pool_3x3'
_SEP3, _DIL3, _DIL5 = 'sep_conv_3x3', 'dil_conv_3x3', 'dil_conv_5x5'
_S1_NORMAL = (
    (_SKIP, _DIL3),
    (_SKIP, _DIL5),
    (_SKIP, _DIL5),
    (_SKIP, _SEP3),
    (_SKIP, _DIL3),
    (_MAX, _SKIP),
    (_SKIP, _SEP3),
    (_SKIP, _SEP3),
    (_SKIP, _DIL3),
    (_SKIP, _SEP3),
    (_MAX, _SKIP),
    (_SKIP, _DIL3),
    (_DIL3, _DIL5),
    (_DIL3, _DIL5),
)
_S1_REDUCE = (
    (_MAX, _AVG),
    (_MAX, _DIL3),
    (_MAX, _AVG),
    (_MAX, _AVG),
    (_SKIP, _DIL5),
    (_MAX, _AVG),
    (_MAX, _SEP3),
    (_SKIP, _DIL3),
    (_SKIP, _DIL5),
    (_MAX, _AVG),
    (_MAX, _AVG),
    (_SKIP, _DIL5),
    (_SKIP, _DIL5),
    (_SKIP, _DIL5),
)


@SPACES.register_module(name=['darts_s1', 's1'])
def darts_s1() -> CellSpace:
    """S1: two candidates on each edge, different from edge to edge."""
    return darts_space('darts_s1', _S1_NORMAL, _S1_REDUCE)


@SPACES.register_module(name=['darts_s2', 's2'])
def darts_s2() -> CellSpace:
    """S2: skip connection or separable convolution."""
    return darts_space('darts_s2', (_SKIP, _SEP3), (_SKIP, _SEP3))


@SPACES.register_module(name=['darts_s3', 's3'])
def darts_s3() -> CellSpace:
    """S3: S2 with ``none``."""
    return darts_space('darts_s3', ('none', _SKIP, _SEP3), ('none', _SKIP, _SEP3))


@SPACES.register_module(name=['darts_s4', 's4'])
def darts_s4() -> CellSpace:
    """S4: noise or separable convolution; the noise may be derived and stays."""
    return darts_space('darts_s4', ('noise', _SEP3), ('noise', _SEP3))
