"""Checkpoints on disk: complete or absent, with a checksum beside each, and the newest that can be gone on with.

Beside ``epoch_3.pth`` lies ``epoch_3.pth.sha256``, as ``sha256sum`` writes and checks it. ``last_checkpoint``
names the newest, as MMEngine has it.
"""

import hashlib
import logging
import os
import re
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Optional

from ..records import PathLike, replacing, write_text

#: Names the newest checkpoint of a run.
POINTER = 'last_checkpoint'
#: What the name of a file with a checksum ends in.
_SUM = '.sha256'
_RESUMABLE = re.compile(r'(?:(?:epoch|iter)_(\d+)|paused)\.pth')
_UNFINISHED = re.compile(r'.+\.\d+\.tmp(?:\.sha256)?')

_LOGGER = logging.getLogger(__name__)


@contextmanager
def sealing(path: PathLike) -> Iterator[Path]:
    """Gives the path of an unfinished checkpoint, which takes the place of ``path`` at the end of the block.

    It is read again and given a checksum before it does; whoever looks finds the old one or the new one.

    Raises:
        ValueError: what was written is damaged.
    """
    path = Path(path)
    with replacing(path) as unfinished:
        yield unfinished
        _check_records(unfinished)
        # Until the new file is in place, the checksum of the old one holds as well.
        sums = [_sum(unfinished), *_sums(path)]
        _write_sums(path, sums)
    _write_sums(path, sums[:1])


def check(path: PathLike) -> None:
    """Reads a checkpoint through: by its checksum, or by those that torch writes into each file.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is damaged; says how that was seen.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f'checkpoint {str(path)!r} does not exist')
    if sums := _sums(path):
        if _sum(path) not in sums:
            raise ValueError(f'its content is not the one that {path.name}{_SUM} gives the checksum of')
    elif path.stat().st_size == 0:
        raise ValueError('it is empty')
    elif zipfile.is_zipfile(path):
        _check_records(path)


def remove(path: PathLike) -> None:
    """Removes a checkpoint and its checksum, as far as there are any."""
    path = Path(path)
    path.unlink(missing_ok=True)
    _sum_file(path).unlink(missing_ok=True)


def point_to(path: PathLike, folder: PathLike) -> None:
    """Makes a checkpoint that is in place the newest of a run.

    Args:
        path: the checkpoint.
        folder: the work directory.
    """
    write_text(Path(folder, POINTER), os.fspath(path))


def last_checkpoint(folder: PathLike) -> Path:
    """The checkpoint that a run has written last, wherever its work directory has been moved.

    Raises:
        FileNotFoundError: there is none; says whether none was written or the file is missing.
    """
    note = Path(folder, POINTER)
    if not note.is_file():
        raise FileNotFoundError(f'{folder} holds no checkpoint: there is no {note.name}')
    path = _pointed(note)
    if path is None or not path.is_file():
        name = 'no file' if path is None else f'{path.name!r}, which is not there'
        raise FileNotFoundError(f'{folder} holds no checkpoint: {str(note)!r} names {name}')
    return path


def newest_checkpoint(folder: PathLike, logger: logging.Logger = _LOGGER) -> Optional[Path]:
    """The newest checkpoint that a run can go on from; None where it has written none.

    That is the one that ``last_checkpoint`` names, one that was written later, or, where they are damaged, one before.

    Args:
        folder: the work directory.
        logger: is told which ones were passed over, and why.

    Raises:
        FileNotFoundError: there was one, and the file is missing.
        ValueError: none is whole.
    """
    note = Path(folder, POINTER)
    pointed = _pointed(note) if note.is_file() else None
    found = sorted(filter(_is_resumable, Path(folder).glob('*.pth')), key=_age, reverse=True)
    if not found:
        if note.is_file():
            last_checkpoint(folder)
        return pointed
    if pointed is not None and pointed.is_file():
        # After an early stop that went back, files of later epochs are older; in a copied folder no age counts.
        later = [path for path in found if _age(path) > _age(pointed) and _number(path) > _number(pointed)]
        found = list(dict.fromkeys([*later, pointed, *found]))
    elif note.is_file():
        named = 'nothing' if pointed is None else f'{pointed.name}, which is not there'
        logger.warning(f'{note} names {named}; another checkpoint is looked for')
    passed = []
    for path in found:
        try:
            check(path)
        except (OSError, ValueError) as error:
            passed.append(f'{path.name}: {error}')
            logger.warning(f'checkpoint {path} is passed over: {error}')
        else:
            return path
    raise ValueError(f'{folder}: no checkpoint is whole ({"; ".join(passed)}); --overwrite begins anew')


def clean(folder: PathLike) -> list[str]:
    """Removes what a run that was killed has left half-written; gives the names.

    No other run may work in the folder.
    """
    left = [path for path in Path(folder).glob('*.tmp*') if path.is_file() and _UNFINISHED.fullmatch(path.name)]
    for path in left:
        path.unlink(missing_ok=True)
    for path in Path(folder).glob(f'*.pth{_SUM}'):
        if not path.with_name(path.name.removesuffix(_SUM)).exists():
            path.unlink(missing_ok=True)
    return sorted(path.name for path in left)


def _pointed(note: Path) -> Optional[Path]:
    """The file that a pointer names, in its own folder."""
    name = Path(note.read_text(errors='replace').strip().replace('\0', '')).name
    return note.with_name(name) if name else None


def _is_resumable(path: Path) -> bool:
    return path.is_file() and _RESUMABLE.fullmatch(path.name) is not None


def _number(path: Path) -> float:
    match = _RESUMABLE.fullmatch(path.name)
    return float(match[1]) if match and match[1] else float('inf')


def _age(path: Path) -> int:
    return path.stat().st_mtime_ns


def _check_records(path: Path) -> None:
    """Reads the records of a file of torch through; each has a checksum of its own."""
    try:
        with zipfile.ZipFile(path) as file:
            damaged = file.testzip()
    except Exception as error:  # zipfile meets flipped bits with half a dozen classes of errors
        raise ValueError(f'it is cut off or damaged ({error})') from None
    if damaged is not None:
        raise ValueError(f'its record {damaged[:60]!r} is damaged')


def _sum(path: Path) -> str:
    found = hashlib.sha256()
    with path.open('rb') as file:
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest()


def _sum_file(path: Path) -> Path:
    return path.with_name(f'{path.name}{_SUM}')


def _sums(path: Path) -> list[str]:
    """The checksums that are noted of a file: two while it is replaced, none where nobody noted any."""
    file = _sum_file(path)
    lines = file.read_text(errors='replace').splitlines() if file.is_file() else []
    return [line.split()[0] for line in lines if re.fullmatch(r'[0-9a-f]{64} .*', line)]


def _write_sums(path: Path, sums: list[str]) -> None:
    write_text(_sum_file(path), ''.join(f'{each}  {path.name}\n' for each in sums))
