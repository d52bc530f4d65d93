"""Errors as part of another message."""

#: More characters than this say no more: a mismatch of weights lists every one of them.
LONGEST = 600

#: What is wrong with the input, and said in one line.
INPUT_ERRORS = (FileNotFoundError, ModuleNotFoundError, RuntimeError, ValueError)


class SetupError(ValueError):
    """What a user has asked for cannot be run; says why on one line."""


class DivergedError(RuntimeError):
    """The numbers of a training have gone wrong; says which, where, and on one line."""


def one_line(error: BaseException, kind: bool = True) -> str:
    """What an error says, on one line.

    Args:
        kind: begins with the class of the error; without it that stands only for an error that says nothing.
    """
    text = f'{type(error).__name__}: {error}' if kind else str(error)
    text = ' '.join(text.split()) or type(error).__name__
    return shorten(text, LONGEST)


def shorten(text: str, limit: int = 120) -> str:
    """The start of ``text`` on one line."""
    # Of a text of any length no more is looked at than can be said.
    text = ' '.join(text[: 4 * limit].split())
    return text if len(text) <= limit else text[:limit] + '...'
