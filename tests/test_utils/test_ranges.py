"""Kinds and ranges of settings, and what a message calls them."""

import re
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence, Union

import pytest

from mmnas_mae.utils.ranges import COUNT, COUNT_OR_NEVER, INDEX, NOT_NEGATIVE, POSITIVE, Range, fits, kind_name


@pytest.mark.parametrize(
    'allowed, inside, outside, said',
    [
        (COUNT, [1, 7], [0, -1, 1.0, True, '1', None], 'a whole number of at least 1'),
        (COUNT_OR_NEVER, [1, -1], [0, -2], 'a whole number of at least 1, or -1 for never'),
        (INDEX, [0, 3], [-1, 0.5], 'a whole number of at least 0'),
        (POSITIVE, [1, 1e-9], [0, 0.0, -1.0, float('nan'), '1'], 'a number above 0'),
        (NOT_NEGATIVE, [0, 0.5], [-0.5, True], 'a number of at least 0'),
        (Range(float, 0, below=1), [0, 0.9], [1, 1.5, -0.1], 'a number of at least 0 and below 1'),
    ],
)
def test_a_range_holds_its_numbers_and_says_which(allowed: Range, inside: list, outside: list, said: str) -> None:
    for value in inside:
        allowed.check('x', value)
    for value in outside:
        with pytest.raises(ValueError, match=f'^{re.escape(f"x must be {said}, got {value!r}")}$'):
            allowed.check('x', value)


@pytest.mark.parametrize(
    'kind, inside, outside, name',
    [
        (int, [1], [1.0, True, 'a'], 'a whole number'),
        (float, [1, 1.5], [True, 'a'], 'a number'),
        (bool, [True], [1], 'True or False'),
        (Optional[str], ['a', None], [1], 'a text or None'),
        (
            Union[int, Sequence[int]],
            [1, [1, 2], (1,)],
            ['a', [1, 'a']],
            'a whole number or a list, each a whole number',
        ),
        (Mapping[str, Any], [{}], [[]], 'a dict'),
        (Union[str, dict, Path], ['a', {}, Path('a')], [7], 'a text or a dict'),
        (Sequence[Any], [[1, 'a']], [1], 'a list'),
        (Any, [1, 'a', None], [], ''),
    ],
)
def test_values_are_of_the_kind_that_an_annotation_names(kind: Any, inside: list, outside: list, name: str) -> None:
    assert [fits(value, kind) for value in inside] == [True] * len(inside)
    assert [fits(value, kind) for value in outside] == [False] * len(outside)
    assert kind_name(kind) == name
