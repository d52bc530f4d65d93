"""The macro skeleton of DARTS: a stem and a stack of cells in three stages."""

from typing import Mapping, Optional, Sequence

from mmengine.model import BaseModule
from torch import Tensor, nn

from ...spaces import CellGraph
from ..architecture.cell import Cell, CellWeights
from ..layers.checkpointing import run_cell
from ..layers.masked_norm import MaskedBatchNorm2d, Visibility, hide
from ..layers.ops import FactorizedReduce, OpArgs, ReLUConvBN

STEMS = ('cifar', 'imagenet')


class DARTSNetwork(BaseModule):
    """Stem and cells, for a search network and a derived one alike.

    Reduction cells stand at one third and two thirds of the depth; channels double
    there. quark0/darts: ``cnn/model_search.py``, ``cnn/model.py``.

    Args:
        graphs: the cell of each type, ``normal`` and ``reduce``.
        init_channels: C, the channels of a node in the first stage.
        layers: number of cells, at least 3.
        stem: ``cifar`` (3x3 convolution) or ``imagenet`` (three of stride 2).
        stem_channels: output channels of the stem.
        affine: whether normalisations in the cells have parameters.
        searched: whether the cells are searched.
        connection: config of the mixed operation of a searched edge, all channels by default.
        with_cp: whether the activations of a cell are computed again in the backward pass instead of kept.

    Raises:
        ValueError: an argument lies outside its range; the message names it.
    """

    def __init__(
        self,
        graphs: Mapping[str, CellGraph],
        init_channels: int,
        layers: int,
        stem: str,
        stem_channels: int,
        affine: bool,
        searched: bool,
        connection: Optional[dict] = None,
        with_cp: bool = False,
        init_cfg: Optional[dict] = None,
    ) -> None:
        super().__init__(init_cfg)
        if stem not in STEMS:
            raise ValueError(f'stem must be one of {STEMS}, got {stem!r}')
        if layers < 3:
            raise ValueError(f'layers must be at least 3 (one cell for each stage), got {layers}')
        if set(graphs) != {'normal', 'reduce'} or any(graph.num_inputs != 2 for graph in graphs.values()):
            raise ValueError(
                'the DARTS skeleton stacks normal and reduce cells with two inputs; the space has '
                f'{ {kind: f"{graph.num_inputs} inputs" for kind, graph in graphs.items()} }'
            )
        self.layers = layers
        self.reductions = (layers // 3, 2 * layers // 3)
        #: Index of the last cell of each stage.
        self.stage_ends = (self.reductions[0] - 1, self.reductions[1] - 1, layers - 1)
        self.drop_path_prob = 0.0
        self.with_cp = with_cp
        self.stem_channels = stem_channels
        self.stem_stride = 1 if stem == 'cifar' else 8
        self._build_stem(stem, stem_channels)

        self.cells = nn.ModuleList()
        before, last, channels = stem_channels, stem_channels, init_channels
        # The two ImageNet stems differ in resolution, as after a reduction.
        was_reduced = stem == 'imagenet'
        for i in range(layers):
            reduced = i in self.reductions
            kind = 'reduce' if reduced else 'normal'
            channels *= 2 if reduced else 1
            args = OpArgs(channels, channels, 2 if reduced else 1, affine, searched=searched)
            preprocess = (
                FactorizedReduce(OpArgs(before, channels, 2, affine))
                if was_reduced
                else ReLUConvBN(OpArgs(before, channels, 1, affine), kernel=1),
                ReLUConvBN(OpArgs(last, channels, 1, affine), kernel=1),
            )
            self.cells.append(Cell(kind, graphs[kind], preprocess, args, connection))
            before, last = last, len(graphs[kind].concat) * channels
            was_reduced = reduced
        #: Output channels of each cell.
        self.cell_channels = tuple(
            len(cell.graph.concat) * init_channels * 2 ** sum(i >= r for r in self.reductions)
            for i, cell in enumerate(self.cells)
        )

    def _build_stem(self, stem: str, channels: int) -> None:
        if stem == 'cifar':
            self.stem = nn.Sequential(nn.Conv2d(3, channels, 3, padding=1, bias=False), MaskedBatchNorm2d(channels))
            return
        half = channels // 2
        self.stem0 = nn.Sequential(
            nn.Conv2d(3, half, 3, stride=2, padding=1, bias=False),
            MaskedBatchNorm2d(half),
            nn.ReLU(),
            nn.Conv2d(half, channels, 3, stride=2, padding=1, bias=False),
            MaskedBatchNorm2d(channels),
        )
        self.stem1 = nn.Sequential(
            nn.ReLU(), nn.Conv2d(channels, channels, 3, stride=2, padding=1, bias=False), MaskedBatchNorm2d(channels)
        )

    def forward_stem(self, x: Tensor, visible: Optional[Visibility] = None) -> tuple[Tensor, Tensor]:
        """The two inputs of the first cell: (B, C, H, W), for ``imagenet`` at strides 4 and 8."""
        if hasattr(self, 'stem'):
            x = _run(self.stem, x, visible)
            return x, x
        first = _run(self.stem0, x, visible)
        return first, _run(self.stem1, first, visible)

    def forward_cells(
        self,
        states: tuple[Tensor, Tensor],
        taps: Sequence[int],
        weights: Optional[Mapping[str, CellWeights]] = None,
        visible: Optional[Visibility] = None,
    ) -> list[Tensor]:
        """Runs the stack.

        Args:
            states: the two inputs of the first cell.
            taps: indices of the cells whose outputs are wanted; nothing behind the
                last of them is computed.
            weights: what the cells of each type run on, for a search network.

        Returns:
            list[Tensor]: in the order of ``taps``.
        """
        first, second = states
        outputs = {}
        for i in range(max(taps) + 1 if taps else 0):
            cell = self.cells[i]
            row = None if weights is None else weights[cell.kind]
            inputs = (first, second)
            output = run_cell(cell, inputs, row, visible, self.drop_path_prob, with_cp=self.with_cp)
            first, second = second, output
            outputs[i] = second if i in taps else None
        return [outputs[i] for i in taps]


def _run(layers: nn.Sequential, x: Tensor, visible: Optional[Visibility]) -> Tensor:
    for layer in layers:
        if isinstance(layer, MaskedBatchNorm2d):
            x = layer(x, visible)
        else:
            x = layer(x)
            x = hide(x, visible) if isinstance(layer, nn.Conv2d) else x
    return x
