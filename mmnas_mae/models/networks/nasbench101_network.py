"""Networks of NAS-Bench-101 (google-research/nasbench: lib/model_builder.py, lib/base_ops.py)."""

import os
from typing import Callable, Mapping, Optional, Union

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...registry import MODELS
from ...spaces import Genotype, ModelSpec, SearchSpace, get_space, load_genotype
from ...spaces.nasbench101 import NAME, SpecLike, to_spec
from ...utils.ranges import COUNT
from ..layers.masked_norm import Visibility, hide
from ..layers.ops import ConvBN, OpArgs, Pool
from .base_network import BaseNetwork, image_channels

#: Kernel of each operation with a convolution; the third operation is a 3x3 pooling.
KERNELS = {'conv3x3-bn-relu': 3, 'conv1x1-bn-relu': 1}

#: Factors of edges, by (source, target), and of operations, by vertex.
Gates = Mapping[Union[tuple[int, int], int], Tensor]


class ConvBNReLU(ConvBN):
    """Convolution, batch normalisation with the benchmark's momentum, ReLU.

    Args:
        in_channels, out_channels: of the convolution.
        kernel: side of the kernel, odd.
        searched: True in a search network, whose normalisation has neither parameters
            nor running statistics.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel: int, searched: bool = False) -> None:
        args = OpArgs(in_channels, out_channels, affine=not searched, track_running_stats=not searched)
        super().__init__(args, kernel)
        # TensorFlow's momentum 0.997 is the share that is kept, torch's the share that is new.
        self.bn.momentum = 0.003
        # TensorFlow's variance_scaling_initializer: truncated at two deviations, then rescaled to 1 / fan-in.
        std = (in_channels * kernel**2) ** -0.5 / 0.87962566103423978
        nn.init.trunc_normal_(self.conv.weight, std=std, a=-2 * std, b=2 * std)

    def forward(self, x: Tensor, visible: Optional[Visibility] = None) -> Tensor:
        """(B, C, H, W) -> (B, C', H, W)."""
        return F.relu(super().forward(x, visible))


def compute_vertex_channels(spec: ModelSpec, in_channels: int, out_channels: int) -> tuple[int, ...]:
    """Channels of each vertex of a pruned cell.

    The vertices that feed the output share its channels, the first of them one more
    where the division leaves a rest; any other has as many as the widest that it feeds.

    Raises:
        ValueError: more vertices feed the output than it has channels.
    """
    matrix, last = spec.matrix, len(spec.ops) - 1
    feeding = [v for v in range(1, last) if matrix[v][last]]
    if len(feeding) > out_channels:
        raise ValueError(f'{len(feeding)} vertices cannot share {out_channels} channels; raise stem_channels')
    channels = [in_channels, *[0] * (last - 1), out_channels]
    for i, v in enumerate(feeding):
        channels[v] = out_channels // len(feeding) + (i < out_channels % len(feeding))
    for v in range(last - 1, 0, -1):
        if v not in feeding:
            channels[v] = max(channels[t] for t in range(v + 1, last) if matrix[v][t])
    return tuple(channels)


def run_cell(
    spec: ModelSpec,
    channels: tuple[int, ...],
    x: Tensor,
    project: Callable[[int, Tensor], Tensor],
    operate: Callable[[int, Tensor], Tensor],
    gates: Optional[Gates] = None,
) -> Tensor:
    """Computes a pruned cell.

    A vertex sums its inputs, cut to its own channels; what comes from the input is
    projected instead. The output concatenates, and adds a direct edge from the input.

    Args:
        channels: channels of each vertex.
        x (Tensor): (B, C, H, W).
        project: (vertex, x) -> x at the channels of that vertex.
        operate: (vertex, sum of its inputs) -> its value.
        gates: factors of the edges and of the operations of this cell.

    Returns:
        Tensor: (B, C', H, W).
    """
    matrix, last = spec.matrix, len(spec.ops) - 1

    def gated(value: Tensor, key: Union[tuple[int, int], int]) -> Tensor:
        return value if gates is None else value * gates[key]

    states = [x]
    for t in range(1, last):
        sources = [s for s in range(t) if matrix[s][t]]
        terms = [gated(states[s][:, : channels[t]] if s else project(t, x), (s, t)) for s in sources]
        states.append(gated(operate(t, sum(terms[1:], terms[0])), t))
    outputs = [gated(states[t], (t, last)) for t in range(1, last) if matrix[t][last]]
    if matrix[0][last]:
        shortcut = gated(project(last, x), (0, last))
        return shortcut + torch.cat(outputs, dim=1) if outputs else shortcut
    return torch.cat(outputs, dim=1)


class NASBench101Module(nn.Module):
    """One cell of a stand-alone network.

    Args:
        spec: the pruned cell.
        in_channels, out_channels: of the cell.
    """

    def __init__(self, spec: ModelSpec, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.spec = spec
        self.channels = compute_vertex_channels(spec, in_channels, out_channels)
        self.projections = nn.ModuleDict(
            {str(t): ConvBNReLU(in_channels, c, 1) for t, c in enumerate(self.channels) if spec.matrix[0][t]}
        )
        self.ops = nn.ModuleList(
            ConvBNReLU(c, c, KERNELS[op]) if op in KERNELS else Pool(OpArgs(c, c), 'max')
            for op, c in zip(spec.ops[1:-1], self.channels[1:-1])
        )

    def forward(self, x: Tensor, visible: Optional[Visibility] = None) -> Tensor:
        """(B, C, H, W) -> (B, C', H, W)."""
        return run_cell(
            self.spec,
            self.channels,
            x,
            lambda t, x: self.projections[str(t)](x, visible),
            lambda t, x: self.ops[t - 1](x, visible),
        )


class NASBench101Skeleton(BaseNetwork):
    """Stem and stacks of cells; before each stack but the first the resolution halves and the channels double.

    Args:
        build: (input channels, output channels) -> a cell.
        stem_channels: channels of the stem and of the first stack.
        num_stacks: number of stacks.
        num_modules_per_stack: cells of a stack.
        in_channels: channels of an image.
        init_cfg: initialisation config of MMEngine.

    Attributes:
        out_channels, out_strides: of the output of each stack.

    Raises:
        ValueError: a number is below 1.
    """

    def __init__(
        self,
        build: Callable[[int, int], nn.Module],
        stem_channels: int,
        num_stacks: int,
        num_modules_per_stack: int,
        init_cfg: Optional[dict] = None,
        in_channels: int = 3,
    ) -> None:
        super().__init__(init_cfg, in_channels)
        self.macro = dict(
            stem_channels=stem_channels,
            num_stacks=num_stacks,
            num_modules_per_stack=num_modules_per_stack,
            in_channels=in_channels,
        )
        for name, value in self.macro.items():
            COUNT.check(name, value)
        self.out_channels = tuple(stem_channels * 2**i for i in range(num_stacks))
        self.out_strides = tuple(2**i for i in range(num_stacks))
        self.stem = ConvBNReLU(in_channels, stem_channels, 3)
        self.stacks = nn.ModuleList()
        before = stem_channels
        for channels in self.out_channels:
            modules = [build(channels if i else before, channels) for i in range(num_modules_per_stack)]
            self.stacks.append(nn.ModuleList(modules))
            before = channels

    def run(
        self, x: Tensor, visible: Optional[Visibility], cell: Callable[[nn.Module, Tensor], Tensor]
    ) -> list[Tensor]:
        """The output of each stack.

        Args:
            x (Tensor): (B, C, H, W).
            cell: runs one of the cells on its input.
        """
        x = self.stem(x, visible)
        features = []
        for stack in self.stacks:
            if features:
                x = hide(F.max_pool2d(x, 2, ceil_mode=True), visible)
            for module in stack:
                x = cell(module, x)
            features.append(x)
        return features


@MODELS.register_module()
class NASBench101Network(NASBench101Skeleton):
    """The stand-alone network of a cell, as the benchmark trained it.

    Args:
        spec: the cell: a specification, a genotype, a dict with ``matrix`` and ``ops``,
            text, or the path of a ``genotype.json``. Dangling vertices are pruned.
        num_classes: number of classes.
        stem_channels, num_stacks, num_modules_per_stack: the skeleton; 128, 3, 3 in
            the benchmark.
        space: the space that the cell must belong to, by default that of the benchmark.
        in_channels: channels of an image; by default those of the search that the genotype comes from, else 3.
        init_cfg: initialisation config of MMEngine.

    Raises:
        ValueError: ``spec`` is no cell of the benchmark, or the skeleton is not possible.
    """

    def __init__(
        self,
        spec: Union[SpecLike, os.PathLike],
        num_classes: int = 10,
        stem_channels: int = 128,
        num_stacks: int = 3,
        num_modules_per_stack: int = 3,
        space: Union[str, dict, SearchSpace] = NAME,
        init_cfg: Optional[dict] = None,
        in_channels: Optional[int] = None,
    ) -> None:
        genotype = load_cell(spec, space)
        pruned = to_spec(genotype)
        super().__init__(
            lambda before, channels: NASBench101Module(pruned, before, channels),
            stem_channels,
            num_stacks,
            num_modules_per_stack,
            init_cfg,
            image_channels(genotype, in_channels),
        )
        self.spec = pruned
        self.genotype = genotype
        self.classifier = nn.Linear(self.out_channels[-1], num_classes)
        nn.init.xavier_uniform_(self.classifier.weight)
        nn.init.zeros_(self.classifier.bias)

    def forward_features(self, x: Tensor, visible: Optional[Visibility] = None) -> tuple[Tensor, ...]:
        """The output of each stack, fine to coarse.

        Args:
            x (Tensor): (B, C, H, W).
            visible: what ``sparse`` masking leaves visible.
        """
        return tuple(self.run(x, visible, lambda module, x: module(x, visible)))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, num_classes) logits."""
        return self.classifier(self.forward_features(x)[-1].mean((2, 3)))


def load_cell(source: Union[SpecLike, os.PathLike], space: Union[None, str, dict, SearchSpace] = None) -> Genotype:
    """The genotype of a cell from any of its forms, dangling vertices pruned.

    Args:
        source: as ``spec`` of :class:`NASBench101Network`.
        space: the space that it must belong to, by default that of the benchmark.

    Raises:
        ValueError: it is no cell of the space.
        FileNotFoundError: it is neither a file nor the text of a cell.
    """
    space = get_space(space or NAME)
    is_spec = isinstance(source, ModelSpec) or (isinstance(source, Mapping) and 'space' not in source)
    return space.genotype(source) if is_spec else load_genotype(source, space)
