"""What is wrong with the settings of a config, found before anything is built, and said with the dotted key."""

import difflib
import fnmatch
import importlib.util
import inspect
import logging
import math
import re
import typing
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Iterator, Optional

import mmengine.registry
from mmengine.config import Config
from mmengine.registry import Registry

from .. import registry as registries
from .errors import near_names, shorten
from .ranges import COUNT, COUNT_OR_NEVER, INDEX, NOT_NEGATIVE, POSITIVE, Range, fits, kind_name

#: What a config may set at its top: arguments of MMEngine's runner, what that looks up itself, and what is read here.
SETTINGS = frozenset(
    """
    model work_dir train_dataloader val_dataloader test_dataloader train_cfg val_cfg test_cfg auto_scale_lr
    optim_wrapper param_scheduler val_evaluator test_evaluator default_hooks custom_hooks data_preprocessor load_from
    resume launcher env_cfg log_processor log_level visualizer default_scope randomness experiment_name
    activation_checkpointing compile efficient_conv_bn_eval find_unused_parameters model_wrapper_cfg runner_type sync_bn
    custom_imports own_images budget dashboard stages space search scorer truth run
    """.split()
)
#: From this likeness on, a name in a config's file is a misspelt setting and no variable of its own.
_ALIKE = 0.85
#: Keys of a part that MMEngine takes out before it builds the part.
_TAKEN = {'type', '_scope_', 'priority'}

#: Settings of MMEngine and PyTorch, which use most of theirs without a look: ranges or kinds. None leaves one out.
ALLOWED = {
    'train_cfg.max_epochs': COUNT,
    'train_cfg.max_iters': COUNT,
    'train_cfg.val_interval': COUNT,
    'train_cfg.val_begin': INDEX,
    '*_dataloader.batch_size': COUNT,
    '*_dataloader.num_workers': INDEX,
    'data_preprocessor.mean': Sequence[float],
    'data_preprocessor.std': Sequence[float],
    'data_preprocessor.std.*': POSITIVE,
    'optim_wrapper*.optimizer.lr': POSITIVE,
    'optim_wrapper*.optimizer.momentum': Range(float, 0, below=1),
    'optim_wrapper*.optimizer.betas': Sequence[float],
    'optim_wrapper*.optimizer.betas.*': Range(float, 0, below=1),
    'optim_wrapper*.optimizer.weight_decay': NOT_NEGATIVE,
    'optim_wrapper*.accumulative_counts': COUNT,
    'optim_wrapper*.clip_grad.max_norm': POSITIVE,
    'optim_wrapper*.clip_grad.clip_value': POSITIVE,
    'param_scheduler*.eta_min': NOT_NEGATIVE,
    'param_scheduler*.begin': INDEX,
    'param_scheduler*.end': COUNT,
    'default_hooks.checkpoint.interval': COUNT_OR_NEVER,
    'default_hooks.checkpoint.max_keep_ckpts': COUNT_OR_NEVER,
    'default_hooks.logger.interval': COUNT,
    'auto_scale_lr.base_batch_size': COUNT,
    'randomness.seed': INDEX,
    'resume': bool,
    'work_dir': str,
    'load_from': str,
}


def check_options(cfg: Config, options: Mapping[str, Any]) -> None:
    """Refuses options that nothing reads: names of no setting, or of a variable in the config's file.

    Args:
        cfg: the config before the options are merged into it.
        options: by dotted keys.

    Raises:
        ValueError: names the option and settings like it.
    """
    for key in options:
        top, _, rest = key.partition('.')
        if top not in SETTINGS:
            inside = [] if rest else [place for place, _ in walk(cfg.to_dict()) if place.partition('.')[0] in SETTINGS]
            raise ValueError(f'option {key}: there is no such setting{near_names(top, [*SETTINGS, *inside])}')


def check_settings(cfg: Config) -> None:
    """Refuses settings that cannot be, before anything is built.

    Names at the top that are like those of settings; arguments of this package's classes, by the names and annotations
    of their constructors; settings of MMEngine and PyTorch, by :data:`ALLOWED`; NaN anywhere. What else an argument has
    to be is said by the constructor.

    Raises:
        ValueError: names the setting, what it got and what it may be.
    """
    content = cfg.to_dict()
    _check_top(content)
    for place, value in walk(content):
        if isinstance(value, float) and math.isnan(value):
            raise ValueError(f'{place} must be a number, got nan')
        for pattern, allowed in ALLOWED.items():
            if value is None or not fnmatch.fnmatchcase(place, pattern):
                continue
            if isinstance(allowed, Range):
                allowed.check(place, value)
            elif not fits(value, allowed):
                raise ValueError(f'{place} must be {kind_name(allowed)}, got {shorten(repr(value))}')
        if isinstance(value, Mapping) and str(value.get('type')).startswith(f'{registries.SCOPE}.'):
            _check_part(place, value)


def _check_top(content: Mapping[str, Any]) -> None:
    """Names, and what hangs on several settings."""
    for key in content:
        if key not in SETTINGS and key[0] != '_' and difflib.get_close_matches(key, SETTINGS, 1, _ALIKE):
            raise ValueError(f'there is no setting {key!r}{near_names(key, SETTINGS)}')
    scope = content.get('default_scope')
    if scope is not None and importlib.util.find_spec(str(scope)) is None:
        raise ValueError(
            f'default_scope must be an installed package, such as mmpretrain or mmdet, got {shorten(repr(scope))}'
        )
    level = content.get('log_level') or 'INFO'
    if not isinstance(logging.getLevelName(level), int):
        raise ValueError(f'log_level must be ERROR, WARNING, INFO or DEBUG, got {shorten(repr(level))}')
    for name, hook in (content.get('default_hooks') or {}).items():
        if hook is not None and 'type' not in hook:
            raise ValueError(f'default_hooks.{name}.type must name a hook, got {shorten(repr(hook))}')
    wrappers, schedules = content.get('optim_wrapper') or {}, content.get('param_scheduler')
    if schedules and 'optimizer' not in wrappers and 'constructor' in wrappers:
        names = [name for name, wrapper in wrappers.items() if isinstance(wrapper, Mapping)]
        if not isinstance(schedules, Mapping) or not set(schedules) <= set(names):
            given = list(schedules) if isinstance(schedules, Mapping) else schedules
            raise ValueError(f'param_scheduler must be a dict with schedules for each of {names}, got {given}')


def _check_part(place: str, part: Mapping[str, Any]) -> None:
    """The class and the arguments of a part of this package."""
    build = _builder(part['type'])
    if build is None:
        known = [name for name in sum(map(_names, _registries()), []) if name.startswith(registries.SCOPE)]
        raise ValueError(f'{place}.type={part["type"]!r} is not registered{near_names(part["type"], known)}')
    arguments, are_all = _arguments(build)
    for key, value in part.items():
        if key in _TAKEN:
            continue
        if key in arguments and not fits(value, arguments[key]):
            raise ValueError(f'{place}.{key} must be {kind_name(arguments[key])}, got {shorten(repr(value))}')
        if key not in arguments and are_all:
            raise ValueError(f'there is no setting {place}.{key}{near_names(key, arguments)}')


@contextmanager
def explained(cfg: Config) -> Iterator[None]:
    """Says what an error of MMEngine's registries means in the config that the block builds from.

    Raises:
        ValueError: a name or an argument is not known there; names the setting and those like it.
    """
    try:
        yield
    except Exception as error:
        if (meaning := explain(error, cfg)) is None:
            raise
        raise ValueError(meaning) from error


def explain(error: BaseException, cfg: Optional[Config] = None) -> Optional[str]:
    """What an error of MMEngine's registries means in a config; None for other errors.

    Args:
        error: raised while the config was built.
        cfg: the config; without it the setting that is wrong is not named.
    """
    places = {} if cfg is None else dict(walk(cfg.to_dict()))
    if unknown := re.search(r'([\w.]+) is not in the ([\w-]+)::([\w ]+?) registry', str(error)):
        name, scope, kind = unknown.groups()
        where = next((f'{place}=' for place, value in places.items() if value == name), f'{kind} ')
        alike = [registry for registry in _registries() if registry.name == kind] or _registries()
        alike += [registry.children[scope] for registry in alike if scope in registry.children]
        return f'{where}{name!r} is not registered{near_names(name, sum(map(_names, alike), []))}'
    if unknown := re.search(r"unexpected keyword argument '(\w+)'", str(error)):
        where = [place for place in places if place.rpartition('.')[2] == unknown[1]]
        if len(where) == 1:
            part = places[where[0].rpartition('.')[0]]
            build = _builder(str(part.get('type')))
            known = set(part) - {unknown[1]} if build is None else _arguments(build)[0]
            return f'there is no setting {where[0]}{near_names(unknown[1], known)}'
    return None


def _registries() -> list[Registry]:
    """Those of this package, then MMEngine's."""
    found = [*vars(registries).values(), *vars(mmengine.registry).values()]
    return list({id(item): item for item in found if isinstance(item, Registry)}.values())


def _names(registry: Registry) -> list[str]:
    """What a registry knows, as a config names it."""
    registry.import_from_location()
    prefix = f'{registry.scope}.' if registry.scope == registries.SCOPE else ''
    return [f'{prefix}{name}' for name in registry.module_dict]


def _builder(name: str) -> Any:
    """The class or function that a type names; None where neither this package nor MMEngine has it."""
    return next((r.module_dict[name.rpartition('.')[2]] for r in _registries() if name in _names(r)), None)


def _arguments(build: Any) -> tuple[dict[str, Any], bool]:
    """The arguments of a class or function with their annotations, and whether it has no others.

    A constructor that takes ``**kwargs`` has those of the class that it inherits from too.
    """
    found: dict[str, Any] = {}
    if isinstance(build, type):
        constructors = [vars(cls)['__init__'] for cls in build.__mro__ if '__init__' in vars(cls)]
    else:
        constructors = [build]
    for constructor in constructors:
        try:
            parameters = inspect.signature(constructor).parameters.values()
            annotations = typing.get_type_hints(constructor)
        except (NameError, TypeError, ValueError):  # written in C, or annotated with what is not imported
            return found, False
        for name in [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]:
            if name != 'self':
                found.setdefault(name, annotations.get(name, Any))
        if all(parameter.kind is not parameter.VAR_KEYWORD for parameter in parameters):
            return found, True
    return found, False


def walk(value: Any, place: str = '') -> Iterator[tuple[str, Any]]:
    """Everything in a config as plain data, with its dotted key."""
    many = isinstance(value, (list, tuple))
    for key, item in value.items() if isinstance(value, Mapping) else enumerate(value) if many else ():
        inside = f'{place}.{key}' if place else str(key)
        yield inside, item
        yield from walk(item, inside)
