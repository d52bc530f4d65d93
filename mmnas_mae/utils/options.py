"""Options of the command line, as ``key=value``."""

import argparse
import copy
from typing import Any, Iterator, Optional, Sequence

from mmengine.config import DictAction

_BRACKETS = {'(': ')', '[': ']'}
_QUOTES = '\'"'


class OptionsAction(DictAction):
    """MMEngine's DictAction, which takes every blank out of a text: a path or a class may have some.

    ``a=1``, ``a=[1,(2,x y)]`` and ``a=1,2`` as there; a value in quotes, ``"a='x, y'"``, is a text whatever it holds
    but these quotes.
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
    if _is_enclosed(text):
        if text[0] in _QUOTES:
            return text[1:-1]
        values = [parse_value(each) for each in _elements(text[1:-1])]
        return tuple(values) if text[0] == '(' else values
    elements = list(_elements(text))
    if text and elements != [text]:
        return [parse_value(each) for each in elements]
    return DictAction._parse_int_float_bool(text)


def format_value(value: Any) -> str:
    """The text that :func:`parse_value` reads as a number, truth value, None, text or a list of them."""
    if isinstance(value, (list, tuple)):
        return f'[{",".join(format_value(each) for each in value)}]'
    if not isinstance(value, str):
        return str(value)
    written = (value, *(f'{quote}{value}{quote}' for quote in _QUOTES))
    return next((text for text in written if parse_value(text) == value), value)


def _open(text: str) -> Iterator[tuple[str, bool]]:
    """Each character, and whether it leaves a bracket or quotes open; quotes open at the start of an element only."""
    depth, quote, at_start = 0, '', True
    for char in text:
        if quote:
            quote = '' if char == quote else quote
        elif char in _QUOTES and at_start:
            quote = char
        elif char in _BRACKETS:
            depth += 1
        elif char in _BRACKETS.values():
            depth = max(0, depth - 1)
        at_start = not quote and (char == ',' or char in _BRACKETS or (at_start and char.isspace()))
        yield char, bool(depth or quote)


def _is_enclosed(text: str) -> bool:
    """Whether the first character opens brackets or quotes that the last one closes."""
    if len(text) < 2 or text[-1] != _BRACKETS.get(text[0], text[0] if text[0] in _QUOTES else None):
        return False
    return all(is_open for _, is_open in list(_open(text))[:-1])


def _elements(text: str) -> Iterator[str]:
    """What commas outside brackets and quotes part; a comma at the end parts nothing."""
    element = ''
    for char, is_open in _open(text):
        if char == ',' and not is_open:
            yield element
            element = ''
        else:
            element += char
    if element.strip():
        yield element
