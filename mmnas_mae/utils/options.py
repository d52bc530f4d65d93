"""Options of the command line, as ``key=value``."""

import argparse
import copy
from typing import Any, Iterator, Optional, Sequence

from mmengine.config import DictAction

_BRACKETS = {'(': ')', '[': ']'}


class OptionsAction(DictAction):
    """MMEngine's DictAction, which takes every blank out of a text: a path or a class may have some.

    ``a=1``, ``a=[1,(2,x y)]`` and ``a=1,2`` as there; a value in quotes, ``"a='x, y'"``, is a text whatever it holds.
    """

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Optional[Sequence[str]],
        option_string: Optional[str] = None,
    ) -> None:
        """Reads the options into a dict by dotted keys."""
        options = copy.copy(getattr(namespace, self.dest, None) or {})
        for option in values or ():
            key, equals, value = option.partition('=')
            if not equals:
                parser.error(f'{option_string} takes key=value, got {option!r}')
            options[key] = parse_value(value)
        setattr(namespace, self.dest, options)


def parse_value(text: str) -> Any:
    """The value that a text on the command line stands for."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in '\'"':
        return text[1:-1]
    if text and _BRACKETS.get(text[0]) == text[-1]:
        values = [parse_value(each) for each in _elements(text[1:-1])]
        return tuple(values) if text[0] == '(' else values
    elements = list(_elements(text))
    if len(elements) > 1:
        return [parse_value(each) for each in elements]
    return DictAction._parse_int_float_bool(text)


def _elements(text: str) -> Iterator[str]:
    """What commas outside brackets and quotes part; a comma at the end parts nothing."""
    depth, quote, element = 0, '', ''
    for char in text:
        if quote:
            quote = '' if char == quote else quote
        elif char in '\'"' and not element.strip():
            quote = char
        elif char in '([':
            depth += 1
        elif char in ')]':
            depth -= 1
        if char == ',' and depth <= 0 and not quote:
            yield element
            element = ''
        else:
            element += char
    if element.strip():
        yield element
