"""What every space offers, shipped or from outside."""

import random
import re

import pytest

from mmnas_mae.models import CellArchitecture
from mmnas_mae.spaces import CellGraph, CellSpace, Genotype, SearchSpace, get_space, mutate, registered_spaces


@pytest.mark.parametrize('space', registered_spaces(), ids=lambda space: space.name)
def test_neighbours_are_all_members_that_one_mutation_reaches(space: SearchSpace) -> None:
    generator = random.Random(1)
    for _ in range(3):
        member = space.random_genotype(generator)
        near = space.neighbours(member)
        texts = [space.format(other) for other in near]
        assert len(set(texts)) == len(texts) > 0
        assert space.format(member) not in texts
        for other in near:
            space.validate(other)
        assert set(member.macro) == set(space.macro_keys)
        if space.name != 'nasbench101':  # its own mutation changes several choices
            assert {space.format(space.mutate(member, generator)) for _ in range(20)} <= set(texts)


def test_neighbours_are_counted() -> None:
    generator = random.Random(0)
    for name, count in dict(nasbench201=6 * 4, transnas101_micro=6 * 3).items():
        space = get_space(name)
        assert len(space.neighbours(space.random_genotype(generator))) == count
    nb101 = get_space('nasbench101')
    # Two other operations, the edge from input to output, and nine cells with one vertex more.
    assert len(nb101.neighbours(nb101.parse('0|101'))) == 2 + 1 + 9
    nasnet = get_space('nasnet')
    member = nasnet.random_genotype(generator)
    # Each edge: twelve other operations, and the other states that its node may take.
    assert len(nasnet.neighbours(member)) <= 2 * sum(2 * (12 + state - 1) for state in range(2, 7))


def test_a_sparse_cell_has_neighbours_of_existing_states_only() -> None:
    space = get_space('fairdarts')
    member = space.parse("Genotype(normal=[('skip_connect', 3, 0)], reduce=[('max_pool_3x3', 2, 1)])")
    near = space.neighbours(member)
    # Six other operations, or the same one from the other states that exist (state 2 has no edges in the first).
    assert len(near) == (6 + 1) + (6 + 1)


def test_small_cells_of_nasbench101_are_listed() -> None:
    space = get_space(dict(type='nasbench101', max_vertices=4))
    members = list(space.enumerate())
    assert len(members) == len({space.format(member) for member in members}) == 91
    for member in members:
        space.validate(member)


class Digits(SearchSpace):
    """A space from outside with only what it has to give: three digits from 0 to 2."""

    name = 'digits'
    macro_keys = ('digits',)

    def matches(self, text: str) -> bool:
        return re.fullmatch('[0-2]{3}', text) is not None

    def parse(self, text: str) -> Genotype:
        return Genotype(self.name, {}, macro=dict(digits=text))

    def format(self, genotype: Genotype) -> str:
        return genotype.macro['digits']

    def validate(self, genotype: Genotype) -> None:
        if not self.matches(genotype.macro['digits']):
            raise ValueError(f'digits must be three from 0 to 2, got {genotype.macro["digits"]!r}')

    def random_genotype(self, generator: random.Random) -> Genotype:
        return self.parse(''.join(generator.choices('012', k=3)))

    def neighbours(self, genotype: Genotype) -> list[Genotype]:
        text = self.format(genotype)
        return [self.parse(text[:i] + digit + text[i + 1 :]) for i in range(3) for digit in '012' if digit != text[i]]


def test_a_space_from_outside_gives_little_and_has_the_rest() -> None:
    space, generator = Digits(), random.Random(0)
    member = space.random_genotype(generator)
    assert space.mutate(member, generator) in space.neighbours(member)
    space.validate(mutate(space, member, generator, 0.5))
    assert space.skip_op is None
    assert space.is_connected(member)
    assert space.crossover(member, member, generator) is None
    with pytest.raises(ValueError, match='the members of space digits cannot be listed'):
        space.enumerate()


def test_skips_of_a_space_without_any_cannot_be_limited() -> None:
    cell = CellGraph.dense(1, 2, ('nor_conv_1x1', 'nor_conv_3x3'), concat=(2,))
    space = CellSpace('convolutions', dict(cell=cell), skip_op=None)
    with pytest.raises(ValueError, match=r'derivation.max_skips=1 counts skip connections, and space convolutions has'):
        CellArchitecture(space, derivation=dict(max_skips=1))
