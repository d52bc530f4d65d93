"""The config of a search on disk as data: no file of a work directory is executed, nor what its settings name."""

from importlib import import_module
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence

from mmengine.config import Config
from mmengine.registry import Registry

from ..utils.config import config_texts, literal_config
from ..utils.records import RUN_RECORD, read_json

#: Packages whose registered classes a recorded config may name, besides those of modules given by ``--import``.
_SCOPES = ('mmengine', 'mmpretrain', 'mmdet', 'mmnas_mae')


def read_settings(folder: Path, parts: Sequence[Path]) -> tuple[Optional[dict[str, Any]], Optional[Path]]:
    """The settings of the last start of a run, and the config that MMEngine has written down there.

    The settings are those of the run's own record or, where there is none, the literals of that config.

    Args:
        folder: the work directory.
        parts: its folders of logs, in the order of the starts.

    Raises:
        ValueError: the record is damaged.
    """
    logged = [path for part in reversed(parts) if (path := part / 'vis_data' / 'config.py').is_file()]
    file = next(iter([*logged, *sorted(folder.glob('*.py'))]), None)
    for part in reversed(parts):
        record = read_json(part / RUN_RECORD)
        if isinstance(record, Mapping) and isinstance(record.get('config'), Mapping):
            return record['config'], file
    return None if file is None else literal_config(file.read_text()), file


def buildable_config(settings: Mapping[str, Any], where: str) -> Config:
    """The config of settings that others have written down, all of whose classes are registered.

    MMEngine imports and calls whatever a dotted name names. So here every class must be one that its package, or a
    module that has been imported already, has registered; ``custom_imports`` imports nothing.

    Args:
        settings: as :func:`read_settings` gives them.
        where: what messages call them.

    Raises:
        ValueError: a class is not registered, or the default scope is of another package.
    """
    kept = {key: value for key, value in settings.items() if key not in ('custom_imports', 'own_images')}
    scope = kept.get('default_scope', 'mmpretrain')
    if scope not in _SCOPES:
        raise ValueError(f'{where}: default_scope must be one of {", ".join(_SCOPES)}, got {str(scope)[:200]!r}')
    known = _registered('mmengine') | _registered('mmnas_mae') | _registered(scope)
    for place, name in config_texts(kept):
        if place.rpartition('.')[2] not in ('type', 'constructor', '_scope_'):
            continue
        prefix, _, bare = name.rpartition('.')
        allowed = known if not prefix else _registered(prefix) if prefix in _SCOPES else set()
        if bare not in allowed or place.endswith('_scope_'):
            raise ValueError(
                f'{where}: {place[:200]} names {name[:200]!r}, which is not registered; --import MODULE registers what '
                'you trust'
            )
    return Config(kept)


def _registered(scope: str) -> set[str]:
    """Names of all that a package has registered."""
    registries = [item for item in vars(import_module(f'{scope}.registry')).values() if isinstance(item, Registry)]
    for registry in registries:
        registry.import_from_location()
    return {name for registry in registries for name in registry.module_dict}
