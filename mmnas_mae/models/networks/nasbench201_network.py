"""The macro skeleton of NAS-Bench-201, searched and stand-alone (D-X-Y/AutoDL-Projects: xautodl/models)."""

from typing import Mapping, Optional, Union

import torch.nn.functional as F
from torch import Tensor, nn

from ...registry import MODELS, SKELETONS
from ...spaces import CellGraph, SearchSpace, load_genotype
from ...spaces.load import GenotypeLike
from ...utils.ranges import COUNT
from ..architecture.cell import Cell, CellWeights
from ..architecture.cell_architecture import CellArchitecture
from ..layers.benchmark_ops import nasbench201_reduction
from ..layers.checkpointing import run_cell
from ..layers.masked_norm import MaskedBatchNorm2d, Visibility
from ..layers.ops import ConvBN, Identity, OpArgs
from .base_network import BaseNetwork, image_channels
from .skeleton import Skeleton


class NASBench201Skeleton(BaseNetwork):
    """A 3x3 stem, then three stages of N cells, a residual block of stride 2 before the second and the third.

    Args:
        graphs: the cell, named ``cell``: one input, one output state.
        init_channels: C, channels of the first stage; the others have 2C and 4C.
        cells_per_stage: N.
        searched: whether the cells are searched; their normalisations then have neither
            parameters nor running statistics.
        connection: config of the mixed operation of a searched edge, all channels by default.
        with_cp: whether the activations of a cell are computed again in the backward pass instead of kept.
        in_channels: channels of an image.
        init_cfg: initialisation config of MMEngine.

    Attributes:
        out_channels, out_strides: of the output of each stage.

    Raises:
        ValueError: the cell has another form, or a number is below 1.
    """

    def __init__(
        self,
        graphs: Mapping[str, CellGraph],
        init_channels: int,
        cells_per_stage: int,
        searched: bool,
        connection: Optional[dict] = None,
        with_cp: bool = False,
        init_cfg: Optional[dict] = None,
        in_channels: int = 3,
    ) -> None:
        super().__init__(init_cfg, in_channels)
        if set(graphs) != {'cell'} or graphs['cell'].num_inputs != 1 or len(graphs['cell'].concat) != 1:
            raise ValueError(
                'the NAS-Bench-201 skeleton stacks one kind of cell, named cell, with one input and one output state; '
                f'the space has { {kind: f"{g.num_inputs} inputs, output {g.concat}" for kind, g in graphs.items()} }'
            )
        for name, value in dict(init_channels=init_channels, cells_per_stage=cells_per_stage).items():
            COUNT.check(name, value)
        self.macro = dict(init_channels=init_channels, cells_per_stage=cells_per_stage, in_channels=in_channels)
        self.out_channels = tuple(init_channels * 2**i for i in range(3))
        self.out_strides = (1, 2, 4)
        self.with_cp = with_cp
        self.stem = ConvBN(OpArgs(in_channels, init_channels), 3)
        self.reductions = nn.ModuleList(
            nasbench201_reduction(OpArgs(channels, 2 * channels, 2)) for channels in self.out_channels[:-1]
        )
        self.stages = nn.ModuleList()
        for channels in self.out_channels:
            args = OpArgs(
                channels,
                channels,
                affine=not searched,
                track_running_stats=not searched,
                searched=searched,
                pool_norm=False,
            )
            cells = (Cell('cell', graphs['cell'], [Identity()], args, connection) for _ in range(cells_per_stage))
            self.stages.append(nn.ModuleList(cells))

    def forward_stages(
        self, x: Tensor, weights: Optional[CellWeights] = None, visible: Optional[Visibility] = None
    ) -> tuple[Tensor, ...]:
        """The output of the last cell of each stage, fine to coarse.

        Args:
            x (Tensor): (B, C, H, W).
            weights: what the cells run on, for a search network.
            visible: what ``sparse`` masking leaves visible.
        """
        x = self.stem(x, visible)
        features = []
        for i, stage in enumerate(self.stages):
            x = self.reductions[i - 1](x, visible) if i else x
            for cell in stage:
                x = run_cell(cell, [x], weights, visible, with_cp=self.with_cp)
            features.append(x)
        return tuple(features)


@MODELS.register_module()
class NASBench201Supernet(NASBench201Skeleton):
    """The search network over NAS-Bench-201.

    The last normalisation and the classifier of the published network are not part of
    it, since no feature passes through them: with the two (128 + 650 parameters for 10
    classes) it has 1,692,826 parameters at C=16, N=5, ``self.arch`` not counted.

    Args:
        space: a space of one cell with one input, or its name or config.
        init_channels: C, channels of the first stage.
        cells_per_stage: N.
        relaxation: how alpha weighs the operations, softmax by default.
        connection: the mixed operation of an edge, all channels by default.
        edge_norm: whether edges have weights of their own (PC-DARTS).
        derivation: arguments of :func:`mmnas_mae.spaces.discretize`, such as ``exclude_none``.
        with_cp: whether the activations of a cell are computed again in the backward pass instead of kept.
        in_channels: channels of an image.
        init_cfg: initialisation config of MMEngine.
    """

    def __init__(
        self,
        space: Union[str, dict, SearchSpace] = 'nasbench201',
        init_channels: int = 16,
        cells_per_stage: int = 5,
        relaxation: Optional[dict] = None,
        connection: Optional[dict] = None,
        edge_norm: bool = False,
        derivation: Optional[dict] = None,
        with_cp: bool = False,
        init_cfg: Optional[dict] = None,
        in_channels: int = 3,
    ) -> None:
        arch = CellArchitecture(space, relaxation, edge_norm, derivation=derivation)
        super().__init__(
            arch.space.cells, init_channels, cells_per_stage, True, connection, with_cp, init_cfg, in_channels
        )
        self.arch = arch

    def forward(self, x: Tensor, visible: Optional[Visibility] = None) -> tuple[Tensor, ...]:
        """
        Args:
            x (Tensor): (B, C, H, W).
            visible: what ``sparse`` masking leaves visible.

        Returns:
            tuple: F1, F2, F3, the last feature of each stage, fine to coarse.
        """
        return self.forward_stages(x, self.arch.sample()['cell'], visible)


@MODELS.register_module()
class NASBench201Network(NASBench201Skeleton):
    """The stand-alone network of an architecture, as the benchmark trained it.

    It has ``73,306 + 28,000 n_1x1 + 243,040 n_3x3`` parameters with 10 classes.

    Args:
        genotype: architecture string, genotype, its dict or the path of its JSON file.
        num_classes: number of classes.
        init_channels: C, channels of the first stage; 16 in the benchmark.
        cells_per_stage: N; 5 in the benchmark.
        space: the space that the genotype must belong to; by default the one it names.
        in_channels: channels of an image; by default those of the search that the genotype comes from, else 3.
        init_cfg: initialisation config of MMEngine.

    Raises:
        ValueError: the genotype is invalid or belongs to another skeleton.
    """

    def __init__(
        self,
        genotype: GenotypeLike,
        num_classes: int = 10,
        init_channels: int = 16,
        cells_per_stage: int = 5,
        space: Union[None, str, dict, SearchSpace] = None,
        init_cfg: Optional[dict] = None,
        in_channels: Optional[int] = None,
    ) -> None:
        derived = load_genotype(genotype, space)
        if set(derived.cells) != {'cell'} or derived.macro:
            raise ValueError(
                'NASBench201Network needs a genotype of one cell, named cell, and no macro settings; this one is of '
                f'space {derived.space!r} with the cells {sorted(derived.cells)} and macro {dict(derived.macro)}'
            )
        graphs = {kind: CellGraph.from_genotype(cell, num_inputs=1) for kind, cell in derived.cells.items()}
        in_channels = image_channels(derived, in_channels)
        super().__init__(
            graphs, init_channels, cells_per_stage, searched=False, init_cfg=init_cfg, in_channels=in_channels
        )
        self.genotype = derived
        self.norm = MaskedBatchNorm2d(self.out_channels[-1])
        self.classifier = nn.Linear(self.out_channels[-1], num_classes)

    def forward_features(self, x: Tensor, visible: Optional[Visibility] = None) -> tuple[Tensor, ...]:
        """The output of each stage, fine to coarse.

        Args:
            x (Tensor): (B, C, H, W).
            visible: what ``sparse`` masking leaves visible.
        """
        return self.forward_stages(x, visible=visible)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, num_classes) logits."""
        x = F.relu(self.norm(self.forward_features(x)[-1]))
        return self.classifier(x.mean((2, 3)))


@SKELETONS.register_module(name='nasbench201')
def nasbench201() -> Skeleton:
    """Three stages of one kind of cell, with residual blocks between them."""
    return Skeleton(NASBench201Supernet, NASBench201Network, retrain='network')
