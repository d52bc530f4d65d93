"""Scores from the table of a benchmark."""

import math
import random

import pytest

from mmnas_mae.discrete import TableScorer
from mmnas_mae.spaces import get_space


def test_a_partial_table_is_an_error_or_the_worst(data_file):
    args = ('nasbench101', 'cifar10', 'valid_acc_12', data_file('nb101_20k.parquet'))
    space = get_space('nasbench101')
    strict, lenient = TableScorer(*args), TableScorer(*args, skip_missing=True)
    generator = random.Random(0)
    missing = next(g for g in iter(lambda: space.random_genotype(generator), None) if strict.table.find(g) is None)
    assert lenient(missing) == -math.inf
    with pytest.raises(ValueError, match='the table holds only a part of the space'):
        strict(missing)
    known = next(strict.table.archs())
    assert (
        strict(space.parse(known))
        == lenient(space.parse(known))
        == strict.table.query(known, 'cifar10', 'valid_acc_12')
    )
