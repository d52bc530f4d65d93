"""One way in for every form of a genotype."""

import json
import os
from pathlib import Path
from typing import Mapping, Optional, Union

from .genotype import Genotype, published, published_names, shorten
from .search_space import SearchSpace, get_space, registered_spaces

GenotypeLike = Union[str, os.PathLike, Mapping, Genotype]


def load_genotype(source: GenotypeLike, space: Union[None, str, dict, SearchSpace] = None) -> Genotype:
    """Reads a genotype and checks it against its space, whose order its cells then have.

    Args:
        source: a :class:`Genotype`, its dict, the path of a JSON file, a published
            name, or the text form of the space.
        space: the space that ``source`` must belong to. By default the one that the
            genotype names or whose text form it has; text of the form of several
            belongs to the first that is registered (DARTS text to S0).

    Raises:
        FileNotFoundError: ``source`` is neither a file, a published name nor a text.
        ValueError: the content is no genotype, or none of the space.
    """
    wanted = None if space is None else get_space(space)
    where = 'genotype'
    try:
        if isinstance(source, Genotype):
            genotype = source
        elif isinstance(source, Mapping):
            genotype = Genotype.from_dict(source)
        elif isinstance(source, str) and source in published_names():
            genotype = published(source)
        elif isinstance(source, str) and (text_space := _text_space(source, wanted)) is not None:
            genotype = text_space.parse(source)
        else:
            where = f'genotype {os.fspath(source)!r}'
            genotype = Genotype.from_dict(_read_json(Path(source)))
        owner = wanted or get_space(genotype.space)
        owner.validate(genotype)
    except ValueError as error:
        raise ValueError(f'{where}: {error}') from None
    return owner.ordered(genotype)


def _text_space(source: str, wanted: Optional[SearchSpace]) -> Optional[SearchSpace]:
    """The space that can read ``source`` as text, the wanted one first; None if it is no text."""
    spaces = registered_spaces() if wanted is None else [wanted, *registered_spaces()]
    return next((space for space in spaces if space.matches(source)), None)


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
    try:
        return json.loads(path.read_text())
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f'not JSON: {error}') from None
