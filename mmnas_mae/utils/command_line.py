"""What the tools share: the flag for modules of one's own, and errors in one line."""

import argparse
import functools
import sys
from typing import Any, Callable, Optional

from .config import import_modules
from .errors import INPUT_ERRORS, one_line
from .ranges import Range
from .settings import explain

#: The flag that shows the traceback of an error.
_TRACEBACK = '--traceback'


def run_tool(main: Callable[[], Optional[int]]) -> Callable[[], Optional[int]]:
    """Decorates the main function of a tool: wrong input ends it with one line and status 1.

    A name that no registry knows is wrong input too. The flag ``--traceback``, which every tool has by this, shows
    where an error was found.
    """

    @functools.wraps(main)
    def run() -> Optional[int]:
        traceback = _TRACEBACK in sys.argv
        sys.argv[:] = [argument for argument in sys.argv if argument != _TRACEBACK]
        try:
            return main()
        except Exception as error:
            # Where the config is at hand, mmnas_mae.utils.settings.explained has named the setting already.
            meaning = explain(error)
            if traceback or (meaning is None and not isinstance(error, INPUT_ERRORS)):
                raise
            reason = error if meaning is None else ValueError(meaning)
            sys.exit(f'error: {one_line(reason, kind=False)}')

    return run


def within(allowed: Range) -> Callable[..., argparse.Action]:
    """The ``action`` of a flag that refuses numbers, one or several, outside a range, as a setting of a config does."""
    return functools.partial(_Within, allowed=allowed)


class _Within(argparse.Action):
    """Raises by itself, since what a ``type`` raises is told below the usage of the whole tool."""

    def __init__(self, *args: Any, allowed: Range, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.allowed = allowed

    def __call__(self, parser: Any, namespace: argparse.Namespace, values: Any, option: Any = None) -> None:
        for value in values if isinstance(values, list) else [values]:
            self.allowed.check(option, value)
        setattr(namespace, self.dest, values)


class _Import(argparse.Action):
    """Imports at once, so that whatever the tool reads afterwards may name what the module registers."""

    def __call__(self, parser: Any, namespace: argparse.Namespace, values: Any, option: Any = None) -> None:
        import_modules(option, values)
        setattr(namespace, self.dest, [*getattr(namespace, self.dest), values])


def add_trust_argument(parser: argparse.ArgumentParser) -> None:
    """The flag ``--trust-checkpoint``, for tools that read checkpoints; gives ``trust_checkpoint``.

    It is the argument of :func:`mmnas_mae.utils.checkpoints.safe.trusted_checkpoints`.
    """
    parser.add_argument(
        '--trust-checkpoint',
        action='store_true',
        help='read checkpoints that execute something when they are read; for files whose maker you trust',
    )


def add_import_argument(parser: argparse.ArgumentParser) -> None:
    """The flag ``--import``, for tools that read a genotype, a space or a config; gives ``imports``.

    Modules are imported while the command line is read, which raises ModuleNotFoundError
    where there is none.
    """
    parser.add_argument(
        '--import',
        dest='imports',
        action=_Import,
        default=[],
        metavar='MODULE',
        help='module that registers your own classes, operations or spaces; may be given several times',
    )


def import_flags(args: argparse.Namespace) -> list[str]:
    """The flags that :func:`add_import_argument` has read, for a tool that this one starts."""
    return [text for module in args.imports for text in ('--import', module)]
