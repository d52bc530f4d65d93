"""The search network over NAS-Bench-101."""

from typing import Optional, Union

import torch.nn.functional as F
from torch import Tensor, nn

from ...registry import MODELS, SKELETONS
from ...spaces import ModelSpec, SearchSpace
from ..layers.checkpointing import run_cell
from ..layers.masked_norm import Visibility, hide
from ..layers.ops import OpArgs, Pool
from .nasbench101_architecture import NASBench101Architecture
from .nasbench101_network import (
    KERNELS,
    ConvBNReLU,
    Gates,
    NASBench101Network,
    NASBench101Skeleton,
    compute_vertex_channels,
    load_cell,
)
from .nasbench101_network import run_cell as run_spec
from .skeleton import Skeleton


class SlicedConvBNReLU(ConvBNReLU):
    """A convolution of which any number of leading channels can be run.

    The normalisation has neither parameters nor running statistics, so it fits any of
    them.

    Args:
        in_channels, out_channels: the most that it can be run with.
        kernel: side of the kernel, odd.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel: int) -> None:
        super().__init__(in_channels, out_channels, kernel, searched=True)

    def forward(self, x: Tensor, channels: int, visible: Optional[Visibility] = None) -> Tensor:
        """
        Args:
            x (Tensor): (B, C, H, W), C at most ``in_channels``.
            channels: output channels, at most ``out_channels``.

        Returns:
            Tensor: (B, channels, H, W).
        """
        x = F.conv2d(x, self.conv.weight[:channels, : x.shape[1]], padding=self.conv.padding)
        return F.relu(self.bn(hide(x, visible), visible))


class NASBench101SuperModule(nn.Module):
    """One cell of the search network: every operation at every interior place.

    Interior vertex v of a pruned cell uses the weights of place v; a place has one
    projection of the input and one convolution of each kernel, all at the full width
    of the module, the widest that a vertex can be. The output has its own projection.

    Args:
        max_vertices: vertices of the largest cell.
        in_channels, out_channels: of the module.
    """

    def __init__(self, max_vertices: int, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.out_channels = out_channels
        self.projections = nn.ModuleList(
            SlicedConvBNReLU(in_channels, out_channels, 1) for _ in range(max_vertices - 1)
        )
        self.convs = nn.ModuleList(
            nn.ModuleDict({op: SlicedConvBNReLU(out_channels, out_channels, k) for op, k in KERNELS.items()})
            for _ in range(max_vertices - 2)
        )
        self.pool = Pool(OpArgs(out_channels, out_channels), 'max')

    def forward(
        self, x: Tensor, spec: ModelSpec, gates: Optional[Gates] = None, visible: Optional[Visibility] = None
    ) -> Tensor:
        """
        Args:
            x (Tensor): (B, C, H, W).
            spec: the pruned cell to run.
            gates: factors of its edges and operations.

        Returns:
            Tensor: (B, C', H, W).
        """
        channels = compute_vertex_channels(spec, x.shape[1], self.out_channels)
        last = len(spec.ops) - 1

        def project(t: int, x: Tensor) -> Tensor:
            return self.projections[-1 if t == last else t - 1](x, channels[t], visible)

        def operate(t: int, x: Tensor) -> Tensor:
            op = spec.ops[t]
            return self.convs[t - 1][op](x, channels[t], visible) if op in KERNELS else self.pool(x, visible)

        return run_spec(spec, channels, x, project, operate, gates)


@MODELS.register_module()
class NASBench101Supernet(NASBench101Skeleton):
    """The weight-sharing network over NAS-Bench-101: one cell runs at a time.

    Its output for a cell is that of :class:`NASBench101Network` with the leading
    channels of the shared weights, at batch statistics; every cell of the space can be
    scored with inherited weights. With ``C`` and ``C'`` the channels into and out of a
    module of seven places, the module has ``50 C'^2 + 6 C C'`` parameters.

    Cells leave most parameters without a gradient in each step: with DDP, set
    ``find_unused_parameters=True``.

    Args:
        space: the space, or its name or config.
        stem_channels, num_stacks, num_modules_per_stack: the skeleton; 128, 3, 3 in
            the benchmark.
        with_cp: whether the activations of a cell are computed again in the backward pass instead of kept.
        in_channels: channels of an image.
        init_cfg: initialisation config of MMEngine.

    Raises:
        ValueError: the space is another one, or the skeleton is not possible.
    """

    def __init__(
        self,
        space: Union[str, dict, SearchSpace] = 'nasbench101',
        stem_channels: int = 128,
        num_stacks: int = 3,
        num_modules_per_stack: int = 3,
        with_cp: bool = False,
        init_cfg: Optional[dict] = None,
        in_channels: int = 3,
    ) -> None:
        arch = NASBench101Architecture(space)
        places = arch.space.max_vertices
        if stem_channels < places - 2:
            raise ValueError(f'stem_channels must be at least {places - 2}, one for each vertex, got {stem_channels}')
        super().__init__(
            lambda before, channels: NASBench101SuperModule(places, before, channels),
            stem_channels,
            num_stacks,
            num_modules_per_stack,
            init_cfg,
            in_channels,
        )
        self.arch = arch
        self.with_cp = with_cp

    def forward(self, x: Tensor, visible: Optional[Visibility] = None) -> tuple[Tensor, ...]:
        """
        Args:
            x (Tensor): (B, C, H, W).
            visible: what ``sparse`` masking leaves visible.

        Returns:
            tuple: the output of each stack, fine to coarse.
        """
        spec, gates = self.arch.sample()

        def cell(module: nn.Module, x: Tensor) -> Tensor:
            return run_cell(module, x, spec, gates, visible, with_cp=self.with_cp)

        return tuple(self.run(x, visible, cell))


@SKELETONS.register_module(name='nasbench101')
def nasbench101() -> Skeleton:
    """Stacks of one kind of cell, with a pooling between them."""
    return Skeleton(NASBench101Supernet, NASBench101Network, load=load_cell, retrain='network')
