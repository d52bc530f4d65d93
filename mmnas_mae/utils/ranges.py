"""What values a setting may have, for constructors and for whole configs."""

import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Optional, Union

from .errors import shorten

#: What a message calls the kinds of values.
_KINDS = {int: 'a whole number', float: 'a number', bool: 'True or False', str: 'a text', type(None): 'None'}


class Range(NamedTuple):
    """Numbers that a setting may be.

    Args:
        kind: int for whole ones, else float.
        low: the least of them.
        above: whether ``low`` itself is none of them.
        below: what all of them are below; None for no such number.
        never: one below ``low`` that turns the setting off.
    """

    kind: type
    low: float
    above: bool = False
    below: Optional[float] = None
    never: Optional[float] = None

    def holds(self, value: Any) -> bool:
        """Whether a value is one of them."""
        if not fits(value, self.kind):
            return False
        high = self.below is None or value < self.below
        return value == self.never or (high and (value > self.low if self.above else value >= self.low))

    def check(self, name: str, value: Any) -> None:
        """
        Raises:
            ValueError: the value is none of them; says ``name``, and what it may be.
        """
        if not self.holds(value):
            raise ValueError(f'{name} must be {self}, got {shorten(repr(value))}')

    def __str__(self) -> str:
        low = f'{"above" if self.above else "of at least"} {self.low:g}'
        high = '' if self.below is None else f' and below {self.below:g}'
        never = '' if self.never is None else f', or {self.never:g} for never'
        return f'{_KINDS[self.kind]} {low}{high}{never}'


COUNT = Range(int, 1)
COUNT_OR_NEVER = Range(int, 1, never=-1)
INDEX = Range(int, 0)
POSITIVE = Range(float, 0, above=True)
NOT_NEGATIVE = Range(float, 0)


def fits(value: Any, kind: Any) -> bool:
    """Whether a value is of the kind that an annotation names; where that says nothing of values, it is."""
    if kind is Any:  # a class from Python 3.11 on
        return True
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if origin in (Union, types.UnionType):
        return any(fits(value, each) for each in inside)
    if kind in (int, float):
        return isinstance(value, (int, kind)) and not isinstance(value, bool)
    if origin in (list, Sequence):
        return isinstance(value, (list, tuple)) and all(fits(each, inside[0]) for each in value)
    if origin is Mapping:
        return isinstance(value, Mapping)
    return isinstance(value, kind) if isinstance(kind, type) else True


def kind_name(kind: Any) -> str:
    """What a message calls the kind that an annotation names: of a union what a config can hold."""
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if origin in (Union, types.UnionType):
        return ' or '.join(dict.fromkeys(name for each in inside if (name := kind_name(each))))
    if origin in (list, Sequence):
        each = kind_name(inside[0])
        return f'a list, each {each}' if each else 'a list'
    return _KINDS.get(kind, 'a dict' if dict in (kind, origin) or origin is Mapping else '')
