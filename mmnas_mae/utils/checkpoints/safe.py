"""Checkpoints of others: the one way in, by which a file can hold numbers and texts but execute nothing.

A checkpoint is a pickle, and unpickling calls whatever the file names. Here torch's restricted unpickler reads it,
which knows tensors and plain containers; what the checkpoints of MMEngine hold besides is added, each name with a
stand-in that can do no more than what those files need it for.

``init_cfg`` and ``load_from`` are acted on deep inside MMEngine, where no argument of ours arrives, and MMEngine's own
loader takes a refusal for an accident and reads the file again without restrictions. So this module takes the place of
that loader in MMEngine's table of loaders, which is made for such changes and holds one for the whole process. Whoever
imports ``mmnas_mae.models`` reads every checkpoint so, those that mmpretrain and mmdet load by themselves too.
"""

import os
import re
import zipfile
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, Callable, Iterator, Union

import numpy as np
import torch
from mmengine.logging import HistoryBuffer
from mmengine.runner import checkpoint as mmengine_checkpoint
from mmengine.runner.checkpoint import CheckpointLoader
from mmengine.utils import digit_version

from ..errors import one_line
from .files import check

#: The first torch whose restricted unpickler restricts (CVE-2025-32434).
_SAFE_TORCH = '2.6.0'
_NUMBERS = ('bool', *(f'{kind}{bits}' for kind in ('int', 'uint') for bits in (8, 16, 32, 64)))
_NUMBERS += ('float16', 'float32', 'float64')
_ADVICE = '--trust-checkpoint, or mmnas_mae.apis.trusted_checkpoints() in Python, reads it if you trust whoever made it'


class _History(HistoryBuffer):
    """Stands for the records of a training, which unpickle as themselves but bring no functions along."""

    def __setstate__(self, state: dict) -> None:
        HistoryBuffer.__init__(self, state['_log_history'], state['_count_history'], state['max_length'])
        self.__class__ = HistoryBuffer


def _no_attribute(owner: Any, name: str) -> None:
    """Stands for ``getattr``, by which records name their statistics; they have those by themselves."""


def _empty_array(cls: type, shape: tuple, kind: Any) -> np.ndarray:
    """``_reconstruct`` as every array uses it: empty, filled later with the bytes that the file really holds."""
    if cls is not np.ndarray or tuple(shape) != (0,):
        raise UnpicklingError('it makes an array of another form than arrays are written in')
    return np.ndarray((0,), np.uint8)


def _allowed() -> list[tuple[Any, str]]:
    """What checkpoints of MMEngine hold besides tensors, with the name that it has there."""
    core = np._core if hasattr(np, '_core') else np.core
    out = [(_History, f'{HistoryBuffer.__module__}.{HistoryBuffer.__name__}'), (_no_attribute, 'builtins.getattr')]
    out += [(np.ndarray, 'numpy.ndarray'), (np.dtype, 'numpy.dtype')]
    for name in ('core', '_core'):  # as NumPy 1 and NumPy 2 write it
        out.append((core.multiarray.scalar, f'numpy.{name}.multiarray.scalar'))
        out.append((_empty_array, f'numpy.{name}.multiarray._reconstruct'))
    kinds = dict.fromkeys(type(np.dtype(name)) for name in _NUMBERS)
    return out + [(kind, f'{kind.__module__}.{kind.__name__}') for kind in kinds]


def load_from_local(filename: Union[str, os.PathLike], map_location: Any = None) -> Any:
    """What a file of the runner, or of ``torch.save``, holds; nothing that it names is executed.

    Args:
        filename: path of the file.
        map_location: as for :func:`torch.load`.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is damaged or no checkpoint, or holds more than numbers and texts; says how to read it anyway.
    """
    path = _existing(filename)
    if digit_version(torch.__version__) < digit_version(_SAFE_TORCH):
        raise ValueError(
            f'checkpoint {str(path)!r}: torch {torch.__version__} executes what a checkpoint says, which it no longer '
            f'does from {_SAFE_TORCH} on; {_ADVICE}'
        )
    try:
        check(path)
        _check_size(path)
        with torch.serialization.safe_globals(_allowed()):
            content = torch.load(path, map_location=map_location, weights_only=True)
    except UnpicklingError as error:
        raise ValueError(f'checkpoint {str(path)!r} {_refused(path, error)}; {_ADVICE}') from None
    except Exception as error:
        # A damaged file meets the unpickler, the reader of zip files and NumPy where they least expect it.
        raise ValueError(f'checkpoint {str(path)!r} cannot be read: {one_line(error, kind=False)}') from None
    return _without_program(content)


def _existing(filename: Union[str, os.PathLike]) -> Path:
    path = Path(filename).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f'checkpoint {os.fspath(filename)!r} does not exist')
    return path


def _check_size(path: Path) -> None:
    """torch stores its records as they are; a compressed one may be of any size once it is read."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as file:
            packed = next((info.filename for info in file.infolist() if info.compress_type != zipfile.ZIP_STORED), None)
        if packed is not None:
            raise ValueError(f'its record {packed[:60]!r} is compressed, which torch does not do')


def _refused(path: Path, error: Exception) -> str:
    """Why the restricted unpickler has stopped."""
    try:
        names = torch.serialization.get_unsafe_globals_in_checkpoint(path)
    except Exception:  # it cannot go through files of the old format, nor through damaged ones
        names = re.findall(r'GLOBAL (\S+)', str(error))
    names = [name for name in names if name not in {known for _, known in _allowed()}]
    if names:
        more = f' and {len(names) - 3} more' if len(names) > 3 else ''
        return f'would execute {", ".join(name[:60] for name in names[:3])}{more} when it is read'
    reason = ' '.join(str(error).rpartition('Unpickler error: ')[2].split())
    return f'cannot be read as numbers and texts alone ({reason[:80]})'


def _without_program(content: Any) -> Any:
    """Takes out what MMEngine executes of a checkpoint that it resumes from: the text of a config in an old place."""
    meta = content.get('meta') if isinstance(content, dict) else None
    if isinstance(meta, dict):
        meta.pop('config', None)
    return content


def load_from_trusted_file(filename: Union[str, os.PathLike], map_location: Any = None) -> Any:
    """What a file holds whose maker is trusted: unpickling it executes what it says.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is damaged or no checkpoint.
    """
    path = _existing(filename)
    try:
        return torch.load(path, map_location=map_location, weights_only=False)
    except Exception as error:
        raise ValueError(f'checkpoint {str(path)!r} cannot be read: {one_line(error, kind=False)}') from None


def load_from_http(filename: str, map_location: Any = None, **kwargs: Any) -> Any:
    """What a file on the web holds, which torch reads with its own restrictions.

    Raises:
        ValueError: it holds more than weights.
    """
    try:
        return _without_program(mmengine_checkpoint.load_from_http(filename, map_location, **kwargs))
    except UnpicklingError:
        raise ValueError(
            f'checkpoint {filename[:200]!r} holds more than weights; download it, then {_ADVICE}'
        ) from None


def _load_from_elsewhere(filename: str, map_location: Any = None, **kwargs: Any) -> Any:
    """Stands for stores of which MMEngine reads without restrictions what it may not read with them."""
    raise ValueError(f'checkpoint {filename[:200]!r} lies in a store that is not read from; download it first')


def register_loaders(local: Callable = load_from_local) -> None:
    """Makes these functions MMEngine's loaders of checkpoints.

    Args:
        local: that of files.
    """
    CheckpointLoader.register_scheme('', local, force=True)
    CheckpointLoader.register_scheme(('http://', 'https://'), load_from_http, force=True)
    stores = ('pavi://', r'(\S+\:)?s3://', r'(\S+\:)?petrel://')
    CheckpointLoader.register_scheme(stores, _load_from_elsewhere, force=True)


@contextmanager
def trusted_checkpoints(trusted: bool = True) -> Iterator[None]:
    """Within the block, checkpoints are read that execute something: for files whose maker is trusted.

    Args:
        trusted: False changes nothing.
    """
    if not trusted:
        yield
        return
    before = CheckpointLoader._get_checkpoint_loader('file')
    register_loaders(load_from_trusted_file)
    try:
        yield
    finally:
        register_loaders(before)
