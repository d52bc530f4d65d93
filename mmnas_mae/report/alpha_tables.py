"""The architecture parameters of a search over its epochs, in the terms of its space."""

from dataclasses import dataclass
from functools import singledispatch
from typing import Mapping, Sequence

import numpy as np
import torch
from mmengine.config import Config
from torch import Tensor

from ..models.architecture.base_architecture import BaseArchitecture
from ..models.architecture.cell_architecture import CellArchitecture
from ..models.build import build_search_model
from ..models.networks.nasbench101_architecture import NASBench101Architecture
from ..spaces import NASBENCH101_OPS, CellGenotype
from ..utils import kept_random_state
from .drawing import state_names
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


@dataclass(frozen=True)
class _Layout:
    """What does not change with the epochs: names, and for each row the column of each candidate."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    place: Sequence[Sequence[int]]


def alpha_tables(history: SearchHistory) -> list[AlphaTable]:
    """What :meth:`CellArchitecture.weights` gives for the parameters that were recorded after each epoch.

    Raises:
        ValueError: no architecture parameters or no config were recorded, or the two do not fit.
    """
    if not history.epochs:
        raise ValueError('arch_history.jsonl holds no architecture parameters')
    arch = build_architecture(history)
    own = {name: parameter.shape for name, parameter in arch.named_parameters()}
    tables: dict[str, tuple[_Layout, list, list]] = {}
    for epoch in history.epochs:
        values = {name: torch.tensor(value, dtype=torch.float32) for name, value in epoch.parameters.items()}
        found = {name: value.shape for name, value in values.items()}
        if own != found:
            raise ValueError(f'the config has the parameters {_shapes(own)}, epoch {epoch.epoch} has {_shapes(found)}')
        with torch.no_grad():
            for name, parameter in arch.named_parameters():
                parameter.copy_(values[name])
            read = _read(arch, epoch.cells)
        for title, (layout, weights, chosen) in read.items():
            _, all_weights, all_chosen = tables.setdefault(title, (layout, [], []))
            all_weights.append(_arrange(layout, weights))
            all_chosen.append(chosen)
    return [
        AlphaTable(title, layout.rows, layout.columns, np.stack(weights), np.stack(chosen))
        for title, (layout, weights, chosen) in tables.items()
    ]


def build_architecture(history: SearchHistory) -> BaseArchitecture:
    """The architecture parameters of the search network that the config describes.

    Raises:
        ValueError: there is no such config.
    """
    if history.setting('model.backbone') is None:
        raise ValueError('no config of a search network is in the work directory')
    with kept_random_state():
        return build_search_model(Config(history.config)).arch


@singledispatch
def _read(arch: BaseArchitecture, cells: Mapping[str, CellGenotype]) -> dict[str, tuple[_Layout, Tensor, np.ndarray]]:
    """By title: layout, (E, K) weights and (E, columns) choices of the derived cells."""
    raise ValueError(f'the parameters of {type(arch).__name__} have no known layout')


@_read.register
def _(arch: CellArchitecture, cells: Mapping[str, CellGenotype]) -> dict:
    out, factors = {}, arch.edge_weights()
    for kind, weights in arch.weights().items():
        graph, cell = arch.space.cells[kind], cells[kind]
        names = state_names(graph.num_inputs, graph.num_nodes)
        rows = tuple(f'{names[source]} → {names[node]}' for node, source in graph.edges)
        ops = tuple(dict.fromkeys(op for candidates in graph.ops for op in candidates))
        layout = _Layout(rows, ops, [[ops.index(op) for op in candidates] for candidates in graph.ops])
        derived = {(graph.num_inputs + i, source, op) for i, node in enumerate(cell.nodes) for op, source in node}
        chosen = np.array([[(*edge, op) in derived for op in ops] for edge in graph.edges])
        prefix = '' if kind == 'cell' else f'{kind} cell: '
        out[f'{prefix}operations'] = layout, weights, chosen
        if kind in factors:
            layout = _Layout(rows, ('edge',), [[0]] * len(rows))
            out[f'{prefix}edges'] = layout, factors[kind].unsqueeze(1), chosen.any(1, keepdims=True)
    return out


@_read.register
def _(arch: NASBench101Architecture, cells: Mapping[str, CellGenotype]) -> dict:
    (cell,) = cells.values()
    places, ops, weights = arch.space.max_vertices, NASBENCH101_OPS, arch.weights()
    # Interior vertex v takes place v and is node v - 1 in drawings; the output takes the last place.
    names = [*state_names(1, places - 2), 'output']
    place = {t: places - 1 if t == len(cell.nodes) else t for t in range(1, len(cell.nodes) + 1)}
    edges = {(s, place[t]) for t, node in enumerate(cell.nodes, 1) for _, s in node}
    labels = {place[t]: op for t, node in enumerate(cell.nodes, 1) for op, _ in node}
    of_ops = _Layout(tuple(names[1:-1]), ops, [range(len(ops))] * (places - 2))
    of_edges = _Layout(
        tuple(f'{names[s]} → {names[t]}' for s, t in arch.pair_index), ('edge',), [[0]] * len(arch.edges.T)
    )
    # The probability that a cell drawn from alpha has the edge.
    marginals = (weights['graphs'].unsqueeze(1) * arch.edges).sum(0)
    return {
        'operations': (
            of_ops,
            weights['ops'],
            np.array([[labels.get(v) == op for op in ops] for v in range(1, places - 1)]),
        ),
        'edges': (of_edges, marginals.unsqueeze(1), np.array([[pair in edges] for pair in arch.pair_index])),
    }


def _arrange(layout: _Layout, weights: Tensor) -> np.ndarray:
    """(E, columns): each candidate's weight in its column, NaN elsewhere."""
    out = np.full((len(layout.rows), len(layout.columns)), np.nan)
    for row, (columns, values) in enumerate(zip(layout.place, weights.tolist())):
        out[row, list(columns)] = values[: len(columns)]
    return out


def _shapes(shapes: Mapping[str, torch.Size]) -> str:
    return ', '.join(f'{name} {tuple(shape)}' for name, shape in shapes.items())
