"""Cells of NAS-Bench-101 that tests draw, and the parameters of their networks by arithmetic."""

import random

import torch

from mmnas_mae.models.networks.nasbench101_architecture import NASBench101Architecture
from mmnas_mae.models.networks.nasbench101_network import KERNELS, compute_vertex_channels
from mmnas_mae.spaces import ModelSpec, NASBench101Space

SPACE = NASBench101Space()
#: A skeleton that is small.
TINY = dict(stem_channels=7, num_stacks=3, num_modules_per_stack=2)


def random_specs(count: int, seed: int = 0) -> list[ModelSpec]:
    """Pruned cells."""
    generator = random.Random(seed)
    return [SPACE.spec(SPACE.random_genotype(generator)) for _ in range(count)]


def draw_alphas(arch: NASBench101Architecture, generator: torch.Generator) -> None:
    """Gives the architecture parameters normal values."""
    for alpha in arch.alphas.values():
        alpha.data.copy_(torch.randn(alpha.shape, generator=generator))


def count_parameters(
    spec: ModelSpec,
    num_classes: int = 10,
    stem_channels: int = 128,
    num_stacks: int = 3,
    num_modules_per_stack: int = 3,
) -> int:
    """Of :class:`NASBench101Network` with these arguments, for a pruned cell."""
    total, before = _conv(3, stem_channels, 3), stem_channels
    for channels in (stem_channels * 2**i for i in range(num_stacks)):
        total += _cell(spec, before, channels) + (num_modules_per_stack - 1) * _cell(spec, channels, channels)
        before = channels
    return total + (before + 1) * num_classes


def _cell(spec: ModelSpec, in_channels: int, out_channels: int) -> int:
    channels = compute_vertex_channels(spec, in_channels, out_channels)
    total = sum(_conv(in_channels, c, 1) for c, projected in zip(channels, spec.matrix[0]) if projected)
    return total + sum(_conv(c, c, KERNELS[op]) for c, op in zip(channels, spec.ops) if op in KERNELS)


def _conv(in_channels: int, out_channels: int, kernel: int) -> int:
    return (in_channels * kernel**2 + 2) * out_channels
