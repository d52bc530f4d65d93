"""Checkpoints that must be those of the model they are loaded into."""

import ast
import os
import pickle
from pathlib import Path
from typing import Any, Mapping, Union

from mmengine.runner.checkpoint import CheckpointLoader
from torch import nn

from ..spaces import SearchSpace, get_space
from ..utils.errors import one_line
from .networks.pretrained import check_weights
from .objectives.search_model import SearchModel

#: What the weights of a model depend on.
_SEARCHED = 'space, size, objective and head'
_TRAINED = 'network, size and head'


def read_checkpoint(checkpoint: Union[str, os.PathLike]) -> dict[str, Any]:
    """What a file of the runner, or of ``torch.save``, holds, on the CPU.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no checkpoint.
    """
    name = os.fspath(checkpoint)
    if not Path(name).is_file():
        raise FileNotFoundError(f'checkpoint {name!r} does not exist')
    try:
        content = CheckpointLoader.load_checkpoint(name, map_location='cpu', logger='silent')
    except (EOFError, RuntimeError, pickle.UnpicklingError) as error:
        raise ValueError(f'checkpoint {name!r} cannot be read: {one_line(error, kind=False)}') from None
    if not isinstance(content, Mapping):
        raise ValueError(f'checkpoint {name!r} holds no weights but a {type(content).__name__}')
    return content


def load_checked(model: nn.Module, checkpoint: Union[str, os.PathLike], where: str) -> dict[str, Any]:
    """Loads weights that fit, and returns all that the file holds.

    Args:
        model: a search model, a classifier or a detector.
        checkpoint: file of a run.
        where: what messages call that which the model was built from.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: a weight is missing, unknown or of another shape, or was searched in another space.
    """
    content = read_checkpoint(checkpoint)
    state, searched = content.get('state_dict', content), isinstance(model, SearchModel)
    try:
        if searched:
            _check_space(model.arch.space, content.get('meta', {}))
        check_weights(model, state, what=_SEARCHED if searched else _TRAINED)
    except ValueError as error:
        raise ValueError(f'checkpoint {os.fspath(checkpoint)!r} does not fit {where}: {error}') from None
    model.load_state_dict(state, strict=False)
    return content


def _check_space(space: SearchSpace, meta: Mapping[str, Any]) -> None:
    """Compares with the space that the run has noted: operations without weights leave no other trace."""
    noted = _setting(meta.get('cfg', ''), 'model', 'backbone', 'space')
    if noted is None:
        return
    theirs = get_space(noted)
    if theirs.name != space.name:
        raise ValueError(f'it was searched in {theirs.name}, the config says {space.name}')
    if getattr(theirs, 'cells', None) != getattr(space, 'cells', None):
        raise ValueError(f'it was searched with other candidates of {space.name}')


def _setting(text: str, *keys: str) -> Any:
    """A setting in the text of a config, of which nothing is executed; None where the text has none."""
    body = ast.parse(text).body
    place = next((n.value for n in body if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == keys[0]), None)
    for key in keys[1:]:
        place = next((k.value for k in getattr(place, 'keywords', ()) if k.arg == key), None)
    return None if place is None else _literal(place)


def _literal(node: ast.expr) -> Any:
    if isinstance(node, ast.Call):
        return {keyword.arg: _literal(keyword.value) for keyword in node.keywords}
    if isinstance(node, (ast.List, ast.Tuple)):
        return [_literal(item) for item in node.elts]
    return ast.literal_eval(node)
