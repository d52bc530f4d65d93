"""Files that a run leaves in its work directory: written whole, read even where the run was killed."""

import hashlib
import json
import logging
import os
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterable, Iterator, Mapping, Union

PathLike = Union[str, os.PathLike]

#: Settings that do not shape a run: where it works, what it is called, how it is started, and its seed,
#: which is recorded beside the hash.
NOT_SHAPING = ('work_dir', 'experiment_name', 'launcher', 'resume', 'randomness')

#: What a search leaves in its work directory, by which that is known, ...
SEARCH_FILES = ('genotype.json', 'arch_history.jsonl', 'evaluations.jsonl', 'selection.jsonl')
#: ... everything that a run of any kind leaves, checkpoints too, ...
RUN_FILES = (
    *SEARCH_FILES,
    'genotype*.json',
    'genotype*.png',
    'report.html',
    '*_history.jsonl',
    'result.json',
    'next_space.json',
    'last_checkpoint',
    '*.pth',
    '*.pth.sha256',
    '*.tmp',
    'stage_[0-9]*',
)
#: ... the folder of logs of each start, and in it what says that steps were done.
LOG_FOLDERS = '20[0-9][0-9][0-9][0-9][0-9][0-9]_[0-9]*'
SCALARS = 'vis_data/scalars.json'
#: What each start of a run leaves in its folder of logs: config, versions, environment, images.
RUN_RECORD = 'run.json'

_LOGGER = logging.getLogger(__name__)


@contextmanager
def replacing(path: PathLike) -> Iterator[Path]:
    """Gives the path of an unfinished file, which takes the place of ``path`` at the end of the block.

    A reader, or a crash of the process, meets the old file or the new one. The folder is made. Other
    processes may write the same file at the same time; the last one counts.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not a tempfile: those are closed to everyone else, which records should not be.
    unfinished = path.with_name(f'{path.name}.{os.getpid()}.tmp')
    try:
        yield unfinished
        _to_disk(unfinished)
        os.replace(unfinished, path)
        _to_disk(path.parent)
    finally:
        unfinished.unlink(missing_ok=True)


def _to_disk(path: Path) -> None:
    """Waits until a file, or the names in a folder, would outlive a loss of power."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_text(path: PathLike, text: str) -> None:
    """Writes a text as :func:`replacing` does."""
    with replacing(path) as unfinished:
        unfinished.write_text(text)


def write_json(path: PathLike, content: Any, indent: Union[None, int] = None) -> None:
    """Writes JSON, and the end of its last line, as :func:`replacing` does.

    Raises:
        ValueError: a number is NaN or infinite, which JSON has no word for.
    """
    try:
        text = json.dumps(content, indent=indent, allow_nan=False)
    except ValueError as error:
        raise ValueError(f'{path}: {error}; a number is NaN or infinite') from None
    write_text(path, f'{text}\n')


def read_json(path: PathLike) -> Any:
    """Content of a JSON file, None where there is none.

    Raises:
        ValueError: it is no JSON; names the file.
    """
    path = Path(path)
    try:
        return json.loads(path.read_text()) if path.is_file() else None
    except (ValueError, RecursionError) as error:
        raise ValueError(f'{path}: not JSON: {error}') from None


def append_record(path: PathLike, record: Mapping[str, Any]) -> None:
    """Adds a line to a file of JSON lines, which is made if need be."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open('a') as file:
        file.write(json.dumps(record) + '\n')


def read_records(path: PathLike, logger: logging.Logger = _LOGGER) -> list[dict]:
    """The lines of a file of JSON lines; none where there is no file.

    A run that was killed may have left half of the last line. It is left out, with a warning.

    Raises:
        ValueError: another line is no JSON; names the file and the line.
    """
    path = Path(path)
    # Bytes, since a cut may go through a character and text has more ends of lines than JSON lines have.
    lines = path.read_bytes().splitlines() if path.is_file() else []
    records = []
    for number, line in enumerate(lines, 1):
        try:
            records.append(json.loads(line))
        except ValueError as error:
            if number < len(lines):
                raise ValueError(f'{path}, line {number}: not JSON: {error}') from None
            logger.warning(f'{path}, line {number}: cut off, so it is left out; the run was killed while it wrote')
    return records


def write_records(path: PathLike, records: Iterable[Mapping[str, Any]]) -> None:
    """Writes a file of JSON lines as :func:`replacing` does."""
    write_text(path, ''.join(f'{json.dumps(record)}\n' for record in records))


def keep_records(path: PathLike, keep: Callable[[dict], bool], logger: logging.Logger = _LOGGER) -> list[dict]:
    """Keeps those lines of a file of JSON lines that ``keep`` holds of, and makes the file if need be.

    Returns:
        list[dict]: what was kept.

    Raises:
        ValueError: see :func:`read_records`.
    """
    kept = list(filter(keep, read_records(path, logger)))
    write_records(path, kept)
    return kept


def trim_history(path: PathLike, epoch: int, logger: logging.Logger = _LOGGER) -> list[dict]:
    """Drops what a history tells of epochs after ``epoch``, which will be trained again; gives the rest.

    Raises:
        ValueError: see :func:`read_records`.
    """
    return keep_records(path, lambda record: record['epoch'] <= epoch, logger)


def digest(content: bytes) -> str:
    """The hash that records have of a content: the first 16 digits of SHA-256."""
    return hashlib.sha256(content).hexdigest()[:16]


def settings_hash(settings: Mapping[str, Any]) -> str:
    """Hash of those settings that shape a run, that is all but :data:`NOT_SHAPING`.

    ``load_from`` is one of them, except in a resumed run, where it says what the run goes on from.
    """
    shaping = {key: value for key, value in settings.items() if key not in NOT_SHAPING}
    if settings.get('resume') and 'load_from' in shaping:
        shaping['load_from'] = None
    return digest(json.dumps(shaping, sort_keys=True, default=str).encode())
