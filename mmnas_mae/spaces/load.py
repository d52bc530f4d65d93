"""One way in for every form of a genotype."""

import json
import os
from pathlib import Path
from typing import Mapping, Optional, Union

from .genotype import Genotype, published, published_names
from .space import CellSpace, get_space

GenotypeLike = Union[str, os.PathLike, Mapping, Genotype]


def load_genotype(source: GenotypeLike, space: Union[None, str, dict, CellSpace] = None) -> Genotype:
    """Reads a genotype and checks it against its space.

    Args:
        source: a :class:`Genotype`, its dict, the path of a JSON file, a published
            name, or the text form of the space.
        space: the space that ``source`` must belong to. By default the one that the
            genotype names; DARTS text, which names none, is read as S0.

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
        elif isinstance(source, str) and _is_text(source):
            genotype = (wanted or get_space(_text_space(source))).parse(source)
        else:
            where = f'genotype {os.fspath(source)!r}'
            genotype = Genotype.from_dict(_read_json(Path(source)))
        owner = wanted or get_space(genotype.space)
        owner.validate(genotype)
    except ValueError as error:
        raise ValueError(f'{where}: {error}') from None
    return genotype


def _is_text(source: str) -> bool:
    return source.lstrip().startswith('Genotype(')


def _text_space(source: str) -> str:
    return 'darts_s0'


def _read_json(path: Path) -> Mapping:
    if not path.is_file():
        raise FileNotFoundError(
            f'genotype {str(path)!r} is neither a file nor a published name; published are: '
            f'{", ".join(published_names())}'
        )
    try:
        return json.loads(path.read_text())
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f'not JSON: {error}') from None
