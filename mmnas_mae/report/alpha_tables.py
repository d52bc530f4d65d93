"""The architecture parameters of a search over its epochs, in the terms of its space."""

from dataclasses import dataclass
from typing import Mapping

import numpy as np
import torch
from mmengine.config import Config

from ..models import BaseArchitecture, ChoiceTable
from ..models.build import build_search_model
from ..utils.config import read_config
from ..utils.seeding import kept_random_state
from .search_history import SearchHistory


@dataclass(frozen=True)
class AlphaTable:
    """Weights of all choices of one kind after each epoch.

    Args:
        title: what is chosen, such as ``normal cell: operations``.
        rows: names of the E choices, such as ``input 1 → node 0``.
        columns: names of the K candidates.
        weights (np.ndarray): (T, E, K), NaN where a choice has fewer candidates.
        chosen (np.ndarray): (T, E, K), True where the derived architecture has the candidate.
    """

    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    weights: np.ndarray
    chosen: np.ndarray


def alpha_tables(history: SearchHistory) -> list[AlphaTable]:
    """What :meth:`BaseArchitecture.choices` gives for the parameters that were recorded after each epoch.

    Raises:
        ValueError: no architecture parameters or no config were recorded, or the two do not fit.
    """
    if not history.epochs:
        raise ValueError('arch_history.jsonl holds no architecture parameters')
    arch = build_architecture(history)
    own = {name: parameter.shape for name, parameter in arch.alpha().items()}
    tables: dict[str, list[ChoiceTable]] = {}
    for epoch in history.epochs:
        values = {name: torch.tensor(value, dtype=torch.float32) for name, value in epoch.parameters.items()}
        found = {name: value.shape for name, value in values.items()}
        if own != found:
            raise ValueError(f'the config has the parameters {_shapes(own)}, epoch {epoch.epoch} has {_shapes(found)}')
        with torch.no_grad():
            for name, parameter in arch.alpha().items():
                parameter.copy_(values[name])
            read = arch.choices(epoch.cells)
        for table in read:
            tables.setdefault(table.title, []).append(table)
    if not tables:
        raise ValueError(f'{arch.rule} shows no choices')
    return [
        AlphaTable(
            title,
            tuple(epochs[0].rows),
            tuple(epochs[0].columns),
            np.stack([table.weights.double().cpu().numpy() for table in epochs]),
            np.stack([table.chosen.cpu().numpy() for table in epochs]),
        )
        for title, epochs in tables.items()
    ]


def build_architecture(history: SearchHistory) -> BaseArchitecture:
    """The architecture parameters of the search network that the config describes.

    Raises:
        ValueError: there is no such config.
    """
    if history.setting('model.backbone') is None:
        raise ValueError('no config of a search network is in the work directory')
    with kept_random_state():
        return build_search_model(read_config(Config(history.config))).arch


def _shapes(shapes: Mapping[str, torch.Size]) -> str:
    return ', '.join(f'{name} {tuple(shape)}' for name, shape in shapes.items())
