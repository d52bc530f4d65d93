"""Checkpoints that must be those of the model they are loaded into."""

import os
from typing import Any, Mapping, Union

from mmengine.runner.checkpoint import CheckpointLoader
from torch import nn

from ..spaces import SearchSpace, get_space
from ..utils.checkpoints.safe import register_loaders
from ..utils.config import literal_config
from .networks.pretrained import check_weights
from .objectives.search_model import SearchModel

# Before any model is built, whose init_cfg may name a checkpoint.
register_loaders()

#: What the weights of a model depend on.
_SEARCHED = 'space, size, objective and head'
_TRAINED = 'network, size and head'


def read_checkpoint(checkpoint: Union[str, os.PathLike]) -> dict[str, Any]:
    """What a file of the runner, or of ``torch.save``, holds, on the CPU.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no checkpoint, or would execute something (:mod:`mmnas_mae.utils.checkpoints.safe`).
    """
    name = os.fspath(checkpoint)
    content = CheckpointLoader.load_checkpoint(name, map_location='cpu', logger='silent')
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
    text = meta.get('cfg', '')
    noted: Any = literal_config(text) if isinstance(text, str) else {}
    for key in ('model', 'backbone', 'space'):
        noted = noted.get(key) if isinstance(noted, Mapping) else None
    if not isinstance(noted, (str, Mapping)):
        return
    theirs = get_space(noted)
    if theirs.name != space.name:
        raise ValueError(f'it was searched in {theirs.name}, the config says {space.name}')
    if getattr(theirs, 'cells', None) != getattr(space, 'cells', None):
        raise ValueError(f'it was searched with other candidates of {space.name}')
