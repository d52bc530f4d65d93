"""Spaces that others register beside those of the package."""

from typing import Iterator

import pytest

from mmnas_mae.registry import SPACES
from mmnas_mae.spaces import CellGraph, CellSpace, get_space, load_genotype, published, registered_spaces

TEXT = 'Genotype(cell=[("skip_connect", 0)], cell_concat=[1])'


@pytest.fixture
def sized_space() -> Iterator[str]:
    """A space with as many nodes as its config says."""

    def sized(nodes: int, ops: tuple = ('none', 'skip_connect'), **rest: int) -> CellSpace:
        return CellSpace('sized', dict(cell=CellGraph.dense(1, nodes, ops)))

    SPACES.register_module(name='sized', module=sized)
    yield 'sized'
    SPACES.module_dict.pop('sized')


def test_a_space_that_needs_arguments_leaves_all_texts_readable(sized_space: str) -> None:
    assert sized_space not in {space.name for space in registered_spaces()}
    assert load_genotype(published('DARTS_V2').to_text()) == published('DARTS_V2')


def test_its_own_members_are_read_with_its_config(sized_space: str) -> None:
    config = dict(type=sized_space, nodes=1)
    genotype = load_genotype(TEXT, config)
    assert genotype.space == sized_space
    assert load_genotype(genotype.to_dict(), config) == genotype
    with pytest.raises(ValueError, match=r"space sized needs nodes: give its config, dict\(type='sized', ...\)"):
        load_genotype(genotype.to_dict())
    with pytest.raises(ValueError, match='space sized needs nodes'):
        get_space(sized_space)
