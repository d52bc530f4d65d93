"""One cell, searched or derived."""

from dataclasses import dataclass, replace
from typing import Optional, Sequence

import torch
from torch import Tensor, nn
from torch.utils._pytree import register_dataclass

from ...registry import MODELS
from ...spaces import CellGraph
from ..kernels.weighted_sum import product_sum
from ..layers.cell_state import CellState
from ..layers.depthwise import fast_layout
from ..layers.masked_norm import Visibility, hide
from ..layers.node import Term, add_up
from ..layers.ops import Identity, OpArgs, build_op
from .mixed_op import MixedOp


def drop_path(x: Tensor, prob: float) -> Tensor:
    """Drops whole samples with probability ``prob`` and rescales the others.

    Args:
        x (Tensor): (B, C, H, W).
    """
    if prob <= 0:
        return x
    keep = 1 - prob
    mask = torch.empty(x.shape[0], 1, 1, 1, dtype=x.dtype, device=x.device).bernoulli_(keep)
    return x * (mask / keep)


@dataclass(frozen=True)
class CellWeights:
    """What a searched cell runs on in one forward pass.

    Args:
        ops (Tensor): (E, K) operation weights.
        edges (Tensor): (E,) factors of the edges, with edge normalisation.
        active: for each edge the candidates that are executed, none for an edge that is
            not; None executes all. The weights of the others must be zero.
        undrawn (Tensor): (E,) numbers that edges add to their nodes beside their operations: the weights of
            the others, which are zero and pass a gradient on.
    """

    ops: Tensor
    edges: Optional[Tensor] = None
    active: Optional[Sequence[Sequence[int]]] = None
    undrawn: Optional[Tensor] = None


# So that what walks through nested containers finds the tensors.
register_dataclass(CellWeights)


class Cell(nn.Module):
    """A cell of any space: nodes that sum their edges, an output that concatenates nodes.

    A derived cell is one whose edges have a single candidate, so both kinds are
    built and run by the same code.

    What leaves one state is computed together: steps without parameters once (a ReLU, a
    pooling and its normalisation), whatever the number of edges, and all that enters a node
    is summed in one pass (:func:`add_up`). With ``grouped = False`` each operation
    runs for itself; the numbers agree to rounding.

    Args:
        kind: the cell type, which names its row of architecture weights.
        graph: edges and candidates.
        preprocess: a module for each input, which brings it to the cell's channels.
        args: what the operations are built from; ``stride`` is that of edges that
            leave an input (2 in a reduction cell), all others have stride 1.
        connection: config of the mixed operation on each edge of a searched cell,
            :class:`MixedOp` by default; the cell calls its :meth:`MixedOp.terms`.

    Raises:
        TypeError: the connection is no :class:`MixedOp`, or overrides its ``forward``.
    """

    grouped = True

    def __init__(
        self,
        kind: str,
        graph: CellGraph,
        preprocess: Sequence[nn.Module],
        args: OpArgs,
        connection: Optional[dict] = None,
    ) -> None:
        super().__init__()
        self.kind = kind
        self.graph = graph
        self.args = args
        self.preprocess = nn.ModuleList(preprocess)
        self.edges = nn.ModuleList()
        for (_, source), names in zip(graph.edges, graph.ops):
            own = dict(names=names, args=self.edge_args(source))
            if args.searched:
                edge = MODELS.build(connection or dict(type='mmnas_mae.MixedOp'), default_args=own)
                if not isinstance(edge, MixedOp) or type(edge).forward is not MixedOp.forward:
                    raise TypeError(f'connection {type(edge).__name__} must be a MixedOp that overrides terms only')
            else:
                edge = build_op(names[0], own['args'])
            self.edges.append(edge)
        self._incoming = graph.incoming()

    def edge_args(self, source: int) -> OpArgs:
        """What the operations of an edge that leaves a state are built from."""
        if source < self.graph.num_inputs:
            return self.args
        return replace(self.args, stride=1, in_channels=self.args.out_channels)

    def forward(
        self,
        inputs: Sequence[Tensor],
        weights: Optional[CellWeights] = None,
        visible: Optional[Visibility] = None,
        drop_path_prob: float = 0.0,
    ) -> Tensor:
        """
        Args:
            inputs: (B, C_i, H_i, W_i) each.
            weights: what a searched cell runs on; a derived one takes none.
            visible: what ``sparse`` masking leaves visible.
            drop_path_prob: probability with which an edge other than the identity
                is dropped, in training only.

        Returns:
            Tensor: (B, C * len(concat), H, W).
        """
        states = [module(x, visible) for module, x in zip(self.preprocess, inputs)]
        if self.grouped and self.training:
            states = [fast_layout(x) for x in states]
        sources = [CellState(x, visible, self.grouped) for x in states]
        rows = None if weights is None else _rows(weights)
        for incoming in self._incoming:
            executed = self._executed(incoming, weights)
            node = [self._edge(e, sources, rows, weights, drop_path_prob) for e in executed]
            if not node:  # no edge was kept into this node, and nothing reads it
                x = None
            elif self.grouped:
                x = add_up([term for terms in node for term in terms])
            else:
                x = sum(_plain_sum(terms) for terms in node)
            sources.append(CellState(x, visible, self.grouped))
        outputs = [sources[i].x for i in self.graph.concat]
        return outputs[0] if len(outputs) == 1 else torch.cat(outputs, dim=1)

    @staticmethod
    def _executed(incoming: Sequence[int], weights: Optional[CellWeights]) -> list[int]:
        """The edges into a node that are executed; one at least, so that the node has a value."""
        if weights is None or weights.active is None:
            return list(incoming)
        return [e for e in incoming if weights.active[e]] or list(incoming[:1])

    def _edge(
        self,
        index: int,
        sources: Sequence[CellState],
        rows: Optional[Sequence[Sequence[Tensor]]],
        weights: Optional[CellWeights],
        drop_path_prob: float,
    ) -> Sequence[Term]:
        """What an edge adds to its node."""
        op = self.edges[index]
        source = sources[self.graph.edges[index][1]]
        if weights is None:
            terms: Sequence[Term] = [Term(None, source.run(op))]
        else:
            active = None if weights.active is None else weights.active[index]
            terms = [Term(*term) for term in op.terms(source, rows[index], active)]
            if weights.edges is not None:
                factor = weights.edges[index]
                terms = [t._replace(weight=factor if t.weight is None else factor * t.weight) for t in terms]
            if weights.undrawn is not None:
                everywhere = terms[0].x.new_ones(1).expand_as(terms[0].x)
                terms = [*terms, Term(weights.undrawn[index], hide(everywhere, source.visible))]
        if self.training and drop_path_prob > 0 and not isinstance(op, Identity):
            whole = _plain_sum(terms) if all(term.norm is None for term in terms) else add_up(terms)
            terms = [Term(None, drop_path(whole, drop_path_prob))]
        return terms


def _plain_sum(terms: Sequence[Term]) -> Tensor:
    return product_sum([(term.weight, term.x) for term in terms])


def _rows(weights: CellWeights) -> list[Sequence[Tensor]]:
    """The weight of each operation of each edge, E times K 0-dimensional tensors."""
    return [row.unbind() for row in weights.ops.unbind()]
