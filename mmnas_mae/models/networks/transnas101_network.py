"""The networks of TransNAS-Bench-101 (yawen-d/TransNASBench: lib/models/net_infer/net_macro.py)."""

from dataclasses import replace
from typing import Any, Mapping, Optional, Union

from torch import Tensor, nn

from ...registry import MODELS, SKELETONS
from ...spaces import CellGraph, CellSpace, SearchSpace, get_space, load_genotype
from ...spaces.load import GenotypeLike
from ...spaces.transnas101 import DOUBLING, HALVING
from ..architecture.cell import Cell, CellWeights
from ..architecture.cell_architecture import CellArchitecture
from ..layers.benchmark_ops import BasicBlock
from ..layers.checkpointing import run_cell
from ..layers.masked_norm import Visibility
from ..layers.ops import ConvBN, Identity, OpArgs, ReLUConvBN, build_op
from ..layers.transnas101_decoders import ClassificationDecoder, SegmentationDecoder
from .base_network import BaseNetwork, image_channels
from .skeleton import Skeleton

DECODERS = ('classification', 'segmentation')

#: Registered operation of each block that is no cell.
BLOCKS = {'basic': 'transnas101_basic'}


class TransNASSkeleton(BaseNetwork):
    """A stem of two 3x3 convolutions of stride 2, then modules of two blocks.

    The first block of a module changes channels and resolution, the second neither.

    Args:
        macro: ``base_channels``, ``modules`` and ``block`` of the architecture.
        graphs: the cell, named ``cell``, where the block is one.
        init_channels: output channels of the stem; None follows ``macro``.
        searched: whether the cells are searched; their normalisations then have neither
            parameters nor running statistics.
        connection: config of the mixed operation of a searched edge, all channels by default.
        with_cp: whether the activations of a cell are computed again in the backward pass instead of kept.
        in_channels: channels of an image.
        init_cfg: initialisation config of MMEngine.

    Attributes:
        out_channels, out_strides: of the last module at each of the three coarsest
            resolutions (fewer if there are fewer), fine to coarse.

    Raises:
        ValueError: the block or a digit is unknown, or the number of channels is odd.
    """

    def __init__(
        self,
        macro: Mapping[str, Any],
        graphs: Mapping[str, CellGraph],
        init_channels: Optional[int],
        searched: bool,
        connection: Optional[dict] = None,
        with_cp: bool = False,
        init_cfg: Optional[dict] = None,
        in_channels: int = 3,
    ) -> None:
        super().__init__(init_cfg, in_channels)
        self.with_cp = with_cp
        if not {'base_channels', 'modules', 'block'} <= set(macro) or set(graphs) - {'cell'}:
            raise ValueError(
                "the TransNAS-Bench-101 skeleton needs 'base_channels', 'modules' and 'block' in macro and at most a "
                f'cell named cell; got macro {dict(macro)} and cells {sorted(graphs)}'
            )
        channels = macro['base_channels'] if init_channels is None else init_channels
        if channels < 2 or channels % 2:
            raise ValueError(f'init_channels must be even and at least 2, got {channels}')
        self.macro = dict(init_channels=channels, in_channels=in_channels)
        self.stem = nn.ModuleList(
            [ConvBN(OpArgs(in_channels, channels // 2, 2), 3), ReLUConvBN(OpArgs(channels // 2, channels, 2), 3)]
        )
        norm = dict(affine=not searched, track_running_stats=not searched)
        self.layers = nn.ModuleList()
        stage_ends, shapes, total = [], [], 4  # of each module: (channels, stride with respect to the image)
        for i, digit in enumerate(macro['modules']):
            stride = 2 if digit in HALVING else 1
            args = OpArgs(channels, channels * (2 if digit in DOUBLING else 1), stride, searched=searched, **norm)
            channels, total = args.out_channels, total * stride
            pair = (args, replace(args, in_channels=channels, stride=1))
            self.layers.append(
                nn.ModuleList(_block(macro['block'], graphs, block_args, connection) for block_args in pair)
            )
            shapes.append((channels, total))
            if stride == 2 and i:
                stage_ends.append(i - 1)
        stage_ends.append(len(self.layers) - 1)
        #: Index of the module after which each feature is taken.
        self.taps = tuple(stage_ends[-3:])
        self.out_channels = tuple(shapes[tap][0] for tap in self.taps)
        self.out_strides = tuple(shapes[tap][1] for tap in self.taps)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode='fan_out', nonlinearity='relu')

    def forward_stages(
        self, x: Tensor, weights: Optional[CellWeights] = None, visible: Optional[Visibility] = None
    ) -> tuple[Tensor, ...]:
        """The last feature at each of the three coarsest resolutions, fine to coarse.

        Args:
            x (Tensor): (B, C, H, W).
            weights: what the cells run on, for a search network.
            visible: what ``sparse`` masking leaves visible.
        """
        for layer in self.stem:
            x = layer(x, visible)
        features = []
        for i, layer in enumerate(self.layers):
            for block in layer:
                args = ([x], weights, visible) if isinstance(block, Cell) else (x, visible)
                x = run_cell(block, *args, with_cp=self.with_cp)
            if i in self.taps:
                features.append(x)
        return tuple(features)


def _block(name: str, graphs: Mapping[str, CellGraph], args: OpArgs, connection: Optional[dict]) -> nn.Module:
    if name == 'cell':
        return Cell('cell', graphs['cell'], [Identity()], args, connection)
    if name not in BLOCKS:
        raise ValueError(f"macro block must be 'cell' or one of {list(BLOCKS)}, got {name!r}")
    return build_op(BLOCKS[name], args)


@MODELS.register_module()
class TransNASSupernet(TransNASSkeleton):
    """The search network over the cells of TransNAS-Bench-101.

    Args:
        space: a space of one cell whose ``macro`` gives the skeleton, or its name or config.
        init_channels: output channels of the stem; None follows the space.
        relaxation: how alpha weighs the operations, softmax by default.
        connection: the mixed operation of an edge, all channels by default.
        edge_norm: whether edges have weights of their own (PC-DARTS).
        derivation: arguments of :func:`mmnas_mae.spaces.discretize`, such as ``exclude_none``.
        with_cp: whether the activations of a cell are computed again in the backward pass instead of kept.
        in_channels: channels of an image.
        init_cfg: initialisation config of MMEngine.

    Raises:
        ValueError: the space has no cell to search.
    """

    def __init__(
        self,
        space: Union[str, dict, SearchSpace] = 'transnas101_micro',
        init_channels: Optional[int] = None,
        relaxation: Optional[dict] = None,
        connection: Optional[dict] = None,
        edge_norm: bool = False,
        derivation: Optional[dict] = None,
        with_cp: bool = False,
        init_cfg: Optional[dict] = None,
        in_channels: int = 3,
    ) -> None:
        space = get_space(space)
        if not isinstance(space, CellSpace):
            raise ValueError(f'space must be one of cells, such as transnas101_micro; {space.name} has none to search')
        arch = CellArchitecture(space, relaxation, edge_norm, derivation=derivation)
        super().__init__(
            arch.space.macro, arch.space.cells, init_channels, True, connection, with_cp, init_cfg, in_channels
        )
        self.arch = arch

    def forward(self, x: Tensor, visible: Optional[Visibility] = None) -> tuple[Tensor, ...]:
        """
        Args:
            x (Tensor): (B, C, H, W).
            visible: what ``sparse`` masking leaves visible.

        Returns:
            tuple: F1, F2, F3, for the skeleton 41414 at strides 8, 16, 32.
        """
        return self.forward_stages(x, self.arch.sample()['cell'], visible)


@MODELS.register_module()
class TransNASNetwork(TransNASSkeleton):
    """The stand-alone network of an architecture, micro or macro.

    Args:
        genotype: architecture string, genotype, its dict or the path of its JSON file.
        num_classes: number of classes.
        decoder: ``classification``, or ``segmentation`` for a class of each pixel.
        init_channels: output channels of the stem; None follows the genotype.
        space: the space that the genotype must belong to; by default the one it names.
        published_shortcuts: whether normalisations of the shortcuts in macro networks have an eps and a
            momentum of 1, as those that the benchmark trained: its code gives ``affine`` and
            ``track_running_stats`` in their places (lib/models/net_infer/cell_micro.py). False has 1e-5 and 0.1.
        in_channels: channels of an image; by default those of the search that the genotype comes from, else 3.
        init_cfg: initialisation config of MMEngine.

    Raises:
        ValueError: the genotype is invalid or of another benchmark, or ``decoder`` is unknown.
    """

    def __init__(
        self,
        genotype: GenotypeLike,
        num_classes: int = 10,
        decoder: str = 'classification',
        init_channels: Optional[int] = None,
        space: Union[None, str, dict, SearchSpace] = None,
        published_shortcuts: bool = True,
        init_cfg: Optional[dict] = None,
        in_channels: Optional[int] = None,
    ) -> None:
        if decoder not in DECODERS:
            raise ValueError(f'decoder must be one of {DECODERS}, got {decoder!r}')
        derived = load_genotype(genotype, space)
        if not derived.macro:
            raise ValueError(
                'TransNASNetwork needs a genotype with macro settings, as those of TransNAS-Bench-101 have; this one '
                f'is of space {derived.space!r}'
            )
        graphs = {kind: CellGraph.from_genotype(cell, num_inputs=1) for kind, cell in derived.cells.items()}
        in_channels = image_channels(derived, in_channels)
        super().__init__(
            derived.macro, graphs, init_channels, searched=False, init_cfg=init_cfg, in_channels=in_channels
        )
        self.genotype = derived
        if published_shortcuts:
            for block in self.modules():
                if isinstance(block, BasicBlock) and isinstance(block.shortcut, ConvBN):
                    block.shortcut.bn.eps = block.shortcut.bn.momentum = 1.0
        channels, stride = self.out_channels[-1], self.out_strides[-1]
        self.decoder = (
            ClassificationDecoder(channels, num_classes)
            if decoder == 'classification'
            else SegmentationDecoder(channels, stride, num_classes)
        )

    def forward_features(self, x: Tensor, visible: Optional[Visibility] = None) -> tuple[Tensor, ...]:
        """The last feature at each of the three coarsest resolutions, fine to coarse.

        Args:
            x (Tensor): (B, C, H, W).
            visible: what ``sparse`` masking leaves visible.
        """
        return self.forward_stages(x, visible=visible)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, num_classes) logits, or (B, num_classes, H, W) of each pixel."""
        return self.decoder(self.forward_features(x)[-1])


@SKELETONS.register_module(name='transnas101')
def transnas101() -> Skeleton:
    """Modules of two blocks, cells or residual ones, as the architecture's own settings say."""
    return Skeleton(TransNASSupernet, TransNASNetwork, retrain='network')
