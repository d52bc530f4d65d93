"""The macro skeleton of DARTS: a stem and a stack of cells in stages."""

import math
from typing import Mapping, Optional, Sequence, Union

from torch import Tensor, nn

from ...registry import MODELS
from ...spaces import CellGraph
from ...utils.ranges import COUNT
from ..architecture.cell import Cell, CellWeights
from ..layers.checkpointing import run_cell
from ..layers.conv_stem import ConvStem
from ..layers.masked_norm import Visibility
from ..layers.ops import FactorizedReduce, OpArgs, ReLUConvBN
from .base_network import STEMS, BaseNetwork

#: Of each stage of DARTS.
STRIDES = (1, 2, 2)


class DARTSNetwork(BaseNetwork):
    """Stem and cells, for a search network and a derived one alike.

    A stage of stride 2 begins with a reduction cell; the channels of all stages but the
    first double there. The three stages of DARTS divide the depth at one third and two
    thirds. quark0/darts: ``cnn/model_search.py``, ``cnn/model.py``.

    Args:
        graphs: the cell of each type, ``normal`` and ``reduce``.
        init_channels: C, the channels of a node in the first stage.
        layers: number of cells, spread over the stages, at least one for each; or the number
            of cells of each stage.
        stem: ``cifar`` (3x3 convolution), ``imagenet`` (three of stride 2, the last two outputs
            being the inputs of the first cell) or the config of a module: ``stem(x, visible)``
            is both inputs, ``out_channels`` an argument and an attribute, ``stride`` an
            attribute, ``in_channels`` an argument for other images than those of three channels, as of
            :class:`mmnas_mae.ConvStem`.
        stem_channels: output channels of the stem.
        affine: whether normalisations in the cells have parameters.
        searched: whether the cells are searched.
        pool_norm: whether poolings are normalised where the cells are searched.
        connection: config of the mixed operation of a searched edge, all channels by default.
        with_cp: whether the activations of a cell are computed again in the backward pass instead of kept.
        strides: 1 or 2 for each stage; by default (1, 2, 2), or 1 and then 2 for as many stages
            as ``layers`` names.
        in_channels: channels of an image.
        init_cfg: initialisation config of MMEngine.

    Attributes:
        reductions: indices of the reduction cells.
        stage_ends: index of the last cell of each stage.
        cell_channels, cell_strides: of the output of each cell.
        stem_strides: of the two inputs of the first cell.

    Raises:
        ValueError: an argument lies outside its range; the message names it.
    """

    def __init__(
        self,
        graphs: Mapping[str, CellGraph],
        init_channels: int,
        layers: Union[int, Sequence[int]],
        stem: Union[str, dict],
        stem_channels: int,
        affine: bool,
        searched: bool,
        pool_norm: bool = True,
        connection: Optional[dict] = None,
        with_cp: bool = False,
        strides: Optional[Sequence[int]] = None,
        init_cfg: Optional[dict] = None,
        in_channels: int = 3,
    ) -> None:
        super().__init__(init_cfg, in_channels)
        COUNT.check('init_channels', init_channels)
        COUNT.check('stem_channels', stem_channels)
        if not isinstance(stem, Mapping) and stem not in STEMS:
            raise ValueError(f'stem must be one of {STEMS}, or the config of a module, got {stem!r}')
        strides = default_strides(layers) if strides is None else tuple(strides)
        depths = _depths(layers, strides)
        if set(graphs) != {'normal', 'reduce'} or any(graph.num_inputs != 2 for graph in graphs.values()):
            raise ValueError(
                'the DARTS skeleton stacks normal and reduce cells with two inputs; the space has '
                f'{ {kind: f"{graph.num_inputs} inputs" for kind, graph in graphs.items()} }'
            )
        self.macro = dict(
            init_channels=init_channels, layers=layers, stem=stem, strides=list(strides), in_channels=in_channels
        )
        self.layers = sum(depths)
        starts = [sum(depths[:i]) for i in range(len(depths))]
        self.reductions = tuple(start for start, stride in zip(starts, strides) if stride == 2)
        self.stage_ends = tuple(start + depth - 1 for start, depth in zip(starts, depths))
        self.drop_path_prob = 0.0
        self.with_cp = with_cp
        for name, module in _stem(stem, stem_channels, in_channels).items():
            self.add_module(name, module)
        self.stem_channels = self.stems[0].out_channels
        self.stem_strides = (self.stems[0].stride, math.prod(module.stride for module in self.stems))

        self.cells = nn.ModuleList()
        self.cell_channels, self.cell_strides = (), ()
        before, last, channels, total = self.stem_channels, self.stem_channels, init_channels, self.stem_strides[1]
        # Two stems differ in resolution, as after a reduction.
        was_reduced = len(self.stems) == 2
        for i in range(self.layers):
            reduced = i in self.reductions
            kind, stride = ('reduce', 2) if reduced else ('normal', 1)
            channels *= stride if i else 1
            args = OpArgs(channels, channels, stride, affine, searched=searched, pool_norm=pool_norm)
            preprocess = (
                FactorizedReduce(OpArgs(before, channels, 2, affine))
                if was_reduced
                else ReLUConvBN(OpArgs(before, channels, 1, affine), kernel=1),
                ReLUConvBN(OpArgs(last, channels, 1, affine), kernel=1),
            )
            self.cells.append(Cell(kind, graphs[kind], preprocess, args, connection))
            before, last = last, len(graphs[kind].concat) * channels
            was_reduced, total = reduced, total * stride
            self.cell_channels += (last,)
            self.cell_strides += (total,)

    @property
    def stems(self) -> list[nn.Module]:
        """The stem, or the two of ``imagenet``, each of which takes the output of the one before."""
        return [self._modules[name] for name in ('stem', 'stem0', 'stem1') if name in self._modules]

    def forward_stem(self, x: Tensor, visible: Optional[Visibility] = None) -> tuple[Tensor, Tensor]:
        """The two inputs of the first cell: (B, C, H, W), for ``imagenet`` at strides 4 and 8."""
        outputs = []
        for stem in self.stems:
            x = stem(x, visible)
            outputs.append(x)
        return outputs[0], outputs[-1]

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


def default_strides(layers: Union[int, Sequence[int]]) -> tuple[int, ...]:
    """The strides of DARTS, or 1 and then 2 for as many stages as ``layers`` names."""
    return STRIDES if isinstance(layers, int) else (1, *[2] * (len(layers) - 1))


def _depths(layers: Union[int, Sequence[int]], strides: tuple[int, ...]) -> tuple[int, ...]:
    """The number of cells of each stage."""
    number = len(strides)
    if not strides or not set(strides) <= {1, 2}:
        raise ValueError(f'strides must be 1 or 2 for each stage, got {strides}')
    if not isinstance(layers, int):
        if len(layers) != number or min(layers) < 1:
            raise ValueError(f'layers must be at least 1 for each of {number} stages, got {tuple(layers)}')
        return tuple(layers)
    if layers < number:
        raise ValueError(f'layers must be at least {number} (one cell for each stage), got {layers}')
    return tuple((i + 1) * layers // number - i * layers // number for i in range(number))


def _stem(stem: Union[str, dict], channels: int, in_channels: int) -> dict[str, nn.Module]:
    """The modules of a stem by name."""
    if stem == 'cifar':
        return dict(stem=ConvStem(channels, (1,), in_channels))
    if stem == 'imagenet':
        return dict(
            stem0=ConvStem(channels, in_channels=in_channels),
            stem1=ConvStem(channels, (2,), in_channels=channels, starts_with_relu=True),
        )
    # A stem of one's own need not know of other images than those of three channels.
    known = dict(out_channels=channels, **(dict(in_channels=in_channels) if in_channels != 3 else {}))
    module = MODELS.build(dict(stem), default_args=known)
    if not isinstance(getattr(module, 'stride', None), int) or not isinstance(module.out_channels, int):
        raise ValueError(f'stem {type(module).__name__} must say its stride and out_channels, as ConvStem does')
    return dict(stem=module)
