"""Errors as part of another message."""

import difflib
import re
from typing import Iterable

#: More characters than this say no more: a mismatch of weights lists every one of them.
LONGEST = 600

#: What is wrong with the input, and said in one line.
INPUT_ERRORS = (FileNotFoundError, ModuleNotFoundError, RuntimeError, ValueError)


class SetupError(ValueError):
    """What a user has asked for cannot be run; says why on one line."""


class DivergedError(RuntimeError):
    """The numbers of a training have gone wrong; says which, where, and on one line."""


class HaltedError(RuntimeError):
    """A training ends by what it runs on, such as a full disk; says what, on one line. It can be gone on with."""


def one_line(error: BaseException, kind: bool = True) -> str:
    """What an error says, on one line.

    Args:
        kind: begins with the class of the error; without it that stands only for an error that says nothing.
    """
    text = f'{type(error).__name__}: {error}' if kind else str(error)
    # MMEngine adds the hook that it was in, as Python prints an object.
    text = ' '.join(re.sub(r' in <[\w.]+ object at \w+>', '', text).split()) or type(error).__name__
    return shorten(text, LONGEST)


def shorten(text: str, limit: int = 120) -> str:
    """The start of ``text`` on one line."""
    # Of a text of any length no more is looked at than can be said.
    text = ' '.join(text[: 4 * limit].split())
    return text if len(text) <= limit else text[:limit] + '...'


def near_names(name: str, known: Iterable[str], most: int = 3) -> str:
    """The end of a message on a name that is not known: names like it, else all there are.

    Args:
        name: it, with or without what stands before its last dot.
        known: names, of which the parts behind the last dots are compared.
        most: number of names like it.
    """
    known = sorted(set(known))
    ends = {each: each.rpartition('.')[2].lower() for each in known}
    like = difflib.get_close_matches(name.rpartition('.')[2].lower(), set(ends.values()), most)
    found = [each for end in like for each in known if ends[each] == end][:most]
    if found:
        return f'; did you mean {" or ".join(found)}?'
    return f'; there are: {", ".join(known)}' if known else ''
