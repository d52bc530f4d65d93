"""Calling the packages of the authors, which read the official files of their benchmarks."""

import os
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Iterator, Optional


def require(module: str, distribution: Optional[str]) -> ModuleType:
    try:
        return import_module(module)
    except ImportError as error:
        if distribution is None:
            hint = 'install it from github.com/google-research/nasbench, with the TensorFlow 1 that it needs'
        else:
            hint = f'pip install "mmnas-mae[benchmarks]" (or {distribution} alone)'
        raise ModuleNotFoundError(
            f'this table is read by the package {module.partition(".")[0]}, which cannot be imported '
            f'({one_line(error)}): {hint}',
            name=module,
        ) from error


@contextmanager
def failing(path: Path) -> Iterator[None]:
    # These packages raise whatever unpickling or their assertions raise.
    try:
        yield
    except Exception as error:
        raise ValueError(f'{path} cannot be read: {one_line(error)}') from error


@contextmanager
def environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def one_line(error: Exception) -> str:
    return ' '.join(f'{type(error).__name__}: {error}'.split())
