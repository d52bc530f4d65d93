"""Cells as graphs: what is no cell, and what its parts are called."""

import pytest

from mmnas_mae.spaces import CellGraph
from mmnas_mae.spaces.cell_graph import state_names


@pytest.mark.parametrize(
    'edges, ops, message',
    [
        (((1, 0), (2, 0)), (('a',),), 'candidates for each edge: 2 edges, 1 lists'),
        (((2, 0), (1, 0)), (('a',), ('a',)), 'source < node, ordered by node and source'),
        (((2, 1), (2, 0)), (('a',), ('a',)), 'source < node, ordered by node and source'),
        (((1, 1),), (('a',),), 'source < node, ordered by node and source'),
    ],
)
def test_what_is_no_cell_is_refused(edges: tuple, ops: tuple, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CellGraph(1, edges, ops, (2,))


def test_states_are_called_by_their_place() -> None:
    assert state_names(1, 3) == ['input', 'node 0', 'node 1', 'node 2']
    assert state_names(2, 2) == ['input 1', 'input 2', 'node 0', 'node 1']
