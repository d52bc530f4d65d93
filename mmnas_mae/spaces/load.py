"""One way in for every form of a genotype."""

import json
import os
import random
from functools import cache
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence, Union

from ..utils.errors import LONGEST, shorten
from .genotype import Genotype
from .search_space import SearchSpace, get_space, registered_spaces
from .space import CellSpace

GenotypeLike = Union[str, os.PathLike, Mapping, Genotype]

_PUBLISHED = Path(__file__).with_name('published.json')
#: Bytes of a file and characters of a text, far more than any genotype has.
_MAX_FILE, _MAX_TEXT = 10_000_000, 100_000


def load_genotype(source: GenotypeLike, space: Union[None, str, dict, SearchSpace] = None) -> Genotype:
    """Reads a genotype and checks it against its space, whose order its cells then have.

    Args:
        source: a :class:`Genotype`, its dict, the path of a JSON file, a published name, or the text form
            of the space; for cells in the style of DARTS also a dict, or a file, with ``normal``,
            ``normal_concat``, ``reduce`` and ``reduce_concat``, and for NAS-Bench-201 the numbers of NASLib;
            ``dict(space=..., seed=...)`` for one that is drawn at random.
        space: the space that ``source`` must belong to. By default the one that the genotype names; a
            text or dict that names none belongs to the first registered space that has it (DARTS
            text to S0, with ``noise`` to S4).

    Raises:
        FileNotFoundError: ``source`` is neither a file, a published name nor a text.
        ValueError: the content is no genotype, or none of the space; where it is one of another, that is named.
    """
    wanted = None if space is None else get_space(space)
    where = 'genotype'
    try:
        if isinstance(source, str) and len(source) > _MAX_TEXT:
            raise ValueError(f'a text has at most {_MAX_TEXT} characters, got {len(source)}: {shorten(source)}')
        if isinstance(source, str) and source in published_names():
            source = published(source)
        elif isinstance(source, Mapping) and set(source) == {'space', 'seed'}:
            source = _draw(**source)
        elif not isinstance(source, (Genotype, Mapping)) and not (isinstance(source, str) and _readers(source, wanted)):
            if not isinstance(source, (str, os.PathLike)):
                raise ValueError(f'it is a path, a text or a dict, got {shorten(repr(source))}')
            where = f'genotype {shorten(repr(os.fspath(source)), LONGEST)}'
            source = _read_json(Path(source))
        if isinstance(source, str) and wanted is not None and not wanted.matches(source):
            source = _first_fit(source, _readers(source, None))
        if not isinstance(source, (str, Genotype)) and not _in_style_of_darts(source):
            source = Genotype.from_dict(source)
        if wanted is not None:
            return _read_as(source, wanted)
        owners = [get_space(source.space)] if isinstance(source, Genotype) else _readers(source, None)
        return _first_fit(source, owners)
    except ValueError as error:
        fits = [] if wanted is None else _others(source, wanted)
        hint = f'; it is one of {", ".join(fits)}' if fits else ''
        raise ValueError(f'{where}: {shorten(str(error), LONGEST)}{hint}') from None


def _draw(space: str, seed: int) -> Genotype:
    """A genotype drawn from a space with a generator of its own."""
    if not isinstance(seed, int):
        raise ValueError(f'the seed of a random genotype must be a whole number, got {seed!r}')
    return get_space(space).random_genotype(random.Random(seed)).with_meta(seed=seed, selected_by='random draw')


def _in_style_of_darts(content: Any) -> bool:
    """Whether a dict has the keywords of DARTS, such as ``normal_concat``."""
    return isinstance(content, Mapping) and any(isinstance(key, str) and key.endswith('_concat') for key in content)


def _readers(source: Union[str, Mapping], wanted: Optional[SearchSpace]) -> list[SearchSpace]:
    """The spaces that may read ``source``, the wanted one first; none if it is no text of a space."""
    spaces = registered_spaces() if wanted is None else [wanted, *registered_spaces()]
    if isinstance(source, Mapping):
        return [space for space in spaces if isinstance(space, CellSpace)]
    return [space for space in spaces if space.matches(source)]


def _read_as(source: Union[str, Mapping, Genotype], space: SearchSpace) -> Genotype:
    """The genotype, checked against the space."""
    if isinstance(source, Genotype):
        genotype = source
    else:
        genotype = space.parse(source) if isinstance(source, str) else space.read(source)
    space.validate(genotype)
    return space.ordered(genotype)


def _first_fit(source: Union[str, Mapping, Genotype], spaces: Sequence[SearchSpace]) -> Genotype:
    """As the first space reads it that has it; where none has, the error of the first."""
    errors = []
    for space in spaces:
        try:
            return _read_as(source, space)
        except ValueError as error:
            errors.append(error)
    raise errors[0]


def _others(source: Any, wanted: SearchSpace) -> list[str]:
    """Names of the registered spaces that have what the wanted one has not."""
    if not isinstance(source, (str, Mapping, Genotype)):
        return []
    found = []
    for space in registered_spaces() if isinstance(source, Genotype) else _readers(source, None):
        try:
            _read_as(source, space)
        except ValueError:
            continue
        found.append(space.name)
    return [name for name in found if name != wanted.name]


def _read_json(path: Path) -> Mapping:
    try:
        found = path.is_file()
    except OSError:  # a text too long to be the name of a file
        found = False
    if not found:
        raise FileNotFoundError(
            f'genotype {shorten(str(path))!r} is no file, no text of a registered space and no published name; '
            'published are: '
            f'{", ".join(published_names())}'
        )
    if path.stat().st_size > _MAX_FILE:
        raise ValueError(f'a file has at most {_MAX_FILE} bytes, this one has {path.stat().st_size}')
    try:
        return json.loads(path.read_text())
    except (ValueError, RecursionError) as error:
        raise ValueError(f'not JSON: {error}') from None


@cache
def _published() -> dict:
    return json.loads(_PUBLISHED.read_text())


def published_names() -> tuple[str, ...]:
    """Names of the published genotypes that come with the package."""
    return tuple(_published())


def published(name: str) -> Genotype:
    """A published genotype by name; ``meta['source']`` says where it was published.

    Raises:
        ValueError: no such name; the message lists what exists.
    """
    if name not in _published():
        raise ValueError(
            f'no published genotype is named {shorten(repr(name))}; there are: {", ".join(published_names())}'
        )
    return Genotype.from_dict(_published()[name])
