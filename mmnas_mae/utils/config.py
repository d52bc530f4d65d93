"""Configs as every tool reads them: options merged, the user's modules imported, names checked."""

import ast
import copy
import os
from importlib.util import find_spec
from typing import Any, Iterator, Mapping, Optional, Sequence, Union

from mmengine.config import Config
from mmengine.config.utils import MODULE2PACKAGE
from mmengine.registry import Registry
from mmengine.utils import import_modules_from_strings, is_installed

from .. import registry as registries
from .errors import one_line
from .settings import check_options, walk
from .shipped import find_config

#: The loaders of a config; the first is that of the training.
LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')


def read_config(config: Union[str, os.PathLike, Config], options: Optional[Mapping[str, Any]] = None) -> Config:
    """A config with options merged into it, of which ``custom_imports`` takes effect too.

    Its ``own_images`` fills in what the config leaves open, and goes; so do its ``dashboard``, and its ``budget``, the
    limit of a search or the size of a network, except in the config of a discrete search; a schedule with ``end=None``
    ends with the last epoch.

    Args:
        config: file of the config or one that comes with the package, see
            :func:`mmnas_mae.utils.shipped.find_config`; or a config, which stays as it is.
        options: settings that override it, by dotted keys.

    Raises:
        FileNotFoundError: there is no such file.
        ModuleNotFoundError: a module of ``custom_imports`` cannot be imported.
        ValueError: an option is no setting, a class of this package is named without its prefix, or the images cannot
            be as the config asks.
        RuntimeError: too many images cannot be read.
    """
    if isinstance(config, Config):
        cfg = copy.deepcopy(config)
    else:
        find_mmsegmentation()
        cfg = Config.fromfile(find_config(config), import_custom_modules=False)
    options = dict(options or {})
    check_options(cfg, options)
    try:
        cfg.merge_from_dict(options)
    except (KeyError, TypeError) as error:
        raise ValueError(f'options {", ".join(options)}: {one_line(error, kind=False)}') from error
    if cfg.get('custom_imports'):
        import_modules('custom_imports', **cfg.custom_imports)
    _check_prefixes(cfg)
    _complete(cfg)
    return cfg


def find_mmsegmentation() -> None:
    """Lets bases ``mmseg::...`` be found by the module: the maintained fork is a package of another name."""
    if not is_installed('mmsegmentation') and find_spec('mmseg'):
        MODULE2PACKAGE['mmseg'] = 'mmseg'


def import_modules(setting: str, imports: Union[str, Sequence[str]], allow_failed_imports: bool = False) -> None:
    """Imports modules that register what a config, a genotype or a space names.

    Args:
        setting: what messages call their list.
        imports: their names.
        allow_failed_imports: whether a module that cannot be imported gives a warning only.

    Raises:
        ModuleNotFoundError: a module cannot be imported.
    """
    try:
        import_modules_from_strings(imports, allow_failed_imports)
    except ImportError as error:
        reason = error.__context__ or error
        raise ModuleNotFoundError(f'{setting}: {error} ({reason}); is its folder in PYTHONPATH?') from None


def _complete(cfg: Config) -> None:
    """Fills in what a config leaves open."""
    own_images = cfg.pop('own_images', None)
    if own_images:
        try:
            registries.TASK_UTILS.build(own_images)(cfg)
        except TypeError as error:
            raise ValueError(f'own_images: {one_line(error, kind=False)}') from error
    # That of a discrete search is its own.
    if cfg.get('budget') and 'search' not in cfg:
        registries.TASK_UTILS.build(dict(type='mmnas_mae.ConfigBudget', budget=cfg.pop('budget')))(cfg)
    if cfg.get('dashboard'):
        registries.TASK_UTILS.build(dict(type='mmnas_mae.Dashboards', dashboard=cfg.pop('dashboard')))(cfg)
    end = (cfg.get('train_cfg') or {}).get('max_epochs')
    for schedule in _schedules(cfg.get('param_scheduler')):
        if 'end' in schedule and schedule['end'] is None:
            schedule['end'] = end


def _schedules(schedules: Any) -> Iterator[Any]:
    """The schedules of a config, which may be one, a list, or such for each optimizer."""
    if isinstance(schedules, Mapping) and 'type' in schedules:
        yield schedules
    elif isinstance(schedules, (Mapping, list)):
        for each in schedules.values() if isinstance(schedules, Mapping) else schedules:
            yield from _schedules(each)


def _check_prefixes(cfg: Config) -> None:
    """Refuses names that are registered here and nowhere else that the config's scope looks.

    One rule for every config, those of discrete searches too, which have no scope of their own: without it a name would
    be found as long as nothing with a default scope has been built before.
    """
    ours = [item for item in vars(registries).values() if isinstance(item, Registry) and item.parent is not None]
    for registry in ours:
        registry.import_from_location()
    for place, name in config_texts(cfg.to_dict()):
        if place.rpartition('.')[2] not in ('type', 'constructor'):
            continue
        owner = next((registry for registry in ours if name in registry.module_dict), None)
        if owner is None:
            continue
        with owner.parent.switch_scope_and_registry(cfg.get('default_scope')) as theirs:
            known = theirs.get(name) is not None
        if not known:
            where = f'config {cfg.filename!r}: ' if cfg.filename else ''
            raise ValueError(f'{where}{place}={name!r} is not registered; did you mean {owner.scope}.{name}?')


def config_texts(content: Any) -> Iterator[tuple[str, str]]:
    """Every text in a config as plain data, with its dotted key."""
    return ((place, value) for place, value in walk(content) if isinstance(value, str))


def literal_config(text: str) -> dict[str, Any]:
    """The settings in the text of a config as MMEngine writes it down, of which nothing is executed.

    What is no literal, as in a config that a person has written, is left out.
    """
    settings: dict[str, Any] = {}
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return settings
    for statement in body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            try:
                settings[statement.targets[0].id] = _literal(statement.value)
            except (TypeError, ValueError, RecursionError, MemoryError):
                continue
    return settings


def _literal(node: ast.expr) -> Any:
    """A literal, of which a dict may be written as ``dict(key=value)``."""
    if isinstance(node, ast.Call):
        if not (isinstance(node.func, ast.Name) and node.func.id == 'dict') or node.args:
            raise ValueError(f'{ast.unparse(node.func)[:60]} is called')
        return {keyword.arg: _literal(keyword.value) for keyword in node.keywords}
    if isinstance(node, ast.Dict):
        return {ast.literal_eval(key): _literal(value) for key, value in zip(node.keys, node.values) if key is not None}
    if isinstance(node, (ast.List, ast.Tuple)):
        values = [_literal(item) for item in node.elts]
        return values if isinstance(node, ast.List) else tuple(values)
    return ast.literal_eval(node)
