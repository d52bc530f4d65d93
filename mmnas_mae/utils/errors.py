"""Errors as part of another message."""


def one_line(error: BaseException, kind: bool = True) -> str:
    """What an error says, on one line.

    Args:
        kind: begins with the class of the error; without it that stands only for an error that says nothing.
    """
    text = f'{type(error).__name__}: {error}' if kind else str(error)
    return ' '.join(text.split()) or type(error).__name__
