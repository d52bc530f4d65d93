"""Calling the packages of the authors, which read the official files of their benchmarks."""

import os
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Iterator, Optional

from ..utils.errors import one_line


def require(module: str, distribution: Optional[str]) -> ModuleType:
    """Imports a package.

    Args:
        module: the module with its reader.
        distribution: what pip calls it; None where pip has none.

    Raises:
        ModuleNotFoundError: it is missing; the message says how to get it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        if distribution is None:
            hint = 'install it from github.com/google-research/nasbench, with the TensorFlow 1 that it needs'
        else:
            hint = f'pip install {distribution}'
        raise ModuleNotFoundError(
            f'this table is read by the package {module.partition(".")[0]}, which cannot be imported '
            f'({one_line(error)}): {hint}',
            name=module,
        ) from error


@contextmanager
def failing(path: Path) -> Iterator[None]:
    """Turns any error of reading ``path`` into one line: the packages raise whatever they like.

    Raises:
        ValueError: there was one.
    """
    try:
        yield
    except Exception as error:
        raise ValueError(f'{path} cannot be read: {one_line(error)}') from error


@contextmanager
def environment(name: str, value: str) -> Iterator[None]:
    """Sets a variable of the environment for a while."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
