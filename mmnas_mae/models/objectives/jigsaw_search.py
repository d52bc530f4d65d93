"""UnNAS with jigsaw puzzles."""

import math
from itertools import permutations
from typing import Optional, Sequence

import numpy as np
import torch
from torch import Tensor

from ...registry import MODELS
from ..kernels.transfer import to_device
from .pixels import need_colours, raw_pixels
from .predictive_search import PredictiveSearch

# Weights of R, G and B in skimage.color.rgb2gray.
_GREY = (0.2125, 0.7154, 0.0721)


@MODELS.register_module()
class JigsawSearch(PredictiveSearch):
    """Search by putting the tiles of an image in order (facebookresearch/unnas: task ``jig``).

    An image is cut into ``grid x grid`` patches, a tile is cropped at random from each
    and normalised by itself, and the tiles are shuffled by one of a set of permutations,
    which the network is to tell from the features of all tiles. Reads no label.

    Args:
        backbone, head, label_smooth, data_preprocessor, init_cfg: as in
            :class:`PredictiveSearch`; ``num_classes`` and ``views`` of the head are filled
            in. The images must be RGB unless ``grey_prob`` is 0.
        grid: patches along a side; 2 on CIFAR, 3 on ImageNet.
        num_permutations: size of the set; all where there are no more (24 for ``grid=2``).
        tile_ratio: side of a tile in shares of a patch.
        grey_prob: share of the training images that are turned grey, so that colours do
            not tell which tiles are neighbours.
        seed: seed of the set of permutations and of the puzzles of held-out images.

    Raises:
        ValueError: an argument lies outside its range.
    """

    def __init__(
        self,
        backbone: dict,
        head: dict,
        grid: int = 2,
        num_permutations: int = 1000,
        tile_ratio: float = 0.76,
        grey_prob: float = 0.3,
        seed: int = 0,
        label_smooth: float = 0.0,
        data_preprocessor: Optional[dict] = None,
        init_cfg: Optional[dict] = None,
    ) -> None:
        if grid not in (2, 3):
            raise ValueError(f'JigsawSearch.grid must be 2 or 3, got {grid!r}')
        if not 0 < tile_ratio <= 1:
            raise ValueError(f'JigsawSearch.tile_ratio must lie in (0, 1], got {tile_ratio}')
        if not 0 <= grey_prob <= 1:
            raise ValueError(f'JigsawSearch.grey_prob must lie in [0, 1], got {grey_prob}')
        orders = distant_permutations(grid**2, num_permutations, seed)
        head = dict(head, num_classes=len(orders), views=grid**2)
        super().__init__(backbone, head, label_smooth, data_preprocessor, init_cfg)
        if grey_prob:
            need_colours(self, ' unless grey_prob is 0')
        self.grid = grid
        self.tile_ratio = tile_ratio
        self.grey_prob = grey_prob
        self.seed = seed
        self.generator = torch.Generator().manual_seed(seed)
        self.register_buffer('orders', orders, persistent=False)

    def generators(self) -> list[torch.Generator]:
        """The generator of the puzzles."""
        return [self.generator]

    def task(
        self, inputs: Tensor, data_samples: Optional[Sequence], keys: Optional[Sequence[int]] = None
    ) -> tuple[Tensor, Tensor]:
        """The tiles (B * grid * grid, 3, t, t), the first being that of the top left place, and which
        permutation (B,) has shuffled them: tile k lies at place ``orders[target, k]``.

        Raises:
            ValueError: the images are too small.
        """
        patch, tile = self._sides(inputs)
        draws = to_device(self._draw(len(inputs), keys), inputs.device)
        # One number each for the permutation and for being grey, then two for each tile.
        target = (draws[:, 0] * len(self.orders)).long()
        if keys is None:
            inputs = torch.where((draws[:, 1] < self.grey_prob).view(-1, 1, 1, 1), self._grey(inputs), inputs)
        gaps = (draws[:, 2:] * (patch - tile + 1)).long().view(len(inputs), -1, 2)
        tiles = self._crop(inputs, gaps, patch, tile)
        mean = tiles.mean((2, 3, 4), keepdim=True)
        std = tiles.std((2, 3, 4), correction=0, keepdim=True)
        tiles = (tiles - mean) / std.clamp_min(1e-6)
        shuffled = torch.empty_like(tiles)
        rows = torch.arange(len(tiles), device=tiles.device).unsqueeze(1)
        shuffled[rows, self.orders[target]] = tiles
        return shuffled.flatten(0, 1), target

    def _sides(self, inputs: Tensor) -> tuple[int, int]:
        """Sides of a patch and of a tile; pixels that fill no patch are left over."""
        patch = min(inputs.shape[-2:]) // self.grid
        # The rounding keeps 0.58 * 50 = 28.999999999999996 from losing a pixel.
        tile = int(round(patch * self.tile_ratio, 6))
        if tile < 1:
            raise ValueError(
                f'JigsawSearch cannot cut images of {inputs.shape[-2]}x{inputs.shape[-1]} pixels into '
                f'{self.grid}x{self.grid} tiles'
            )
        return patch, tile

    def _draw(self, batch: int, keys: Optional[Sequence[int]]) -> Tensor:
        """(B, 2 + 2 * grid * grid) numbers in [0, 1)."""
        count = 2 + 2 * self.grid**2
        if keys is None:
            return torch.rand(batch, count, generator=self.generator)
        rows = [np.random.default_rng((self.seed % 2**63, key % 2**63)).random(count, np.float32) for key in keys]
        return torch.from_numpy(np.stack(rows))

    def _grey(self, inputs: Tensor) -> Tensor:
        pixels, mean, std = raw_pixels(inputs, self.data_preprocessor)
        light = (pixels * pixels.new_tensor(_GREY).view(3, 1, 1)).sum(1, keepdim=True)
        return ((light - mean) / std).to(inputs.dtype)

    def _crop(self, inputs: Tensor, gaps: Tensor, patch: int, tile: int) -> Tensor:
        """(B, grid * grid, 3, tile, tile), ``gaps`` (B, grid * grid, 2) being the pixels above and left of each."""
        steps = torch.arange(self.grid, device=inputs.device)
        corners = patch * torch.cartesian_prod(steps, steps) + gaps
        inside = torch.arange(tile, device=inputs.device)
        rows, columns = corners[..., 0, None] + inside, corners[..., 1, None] + inside
        images = torch.arange(len(inputs), device=inputs.device).view(-1, 1, 1, 1)
        tiles = inputs.permute(0, 2, 3, 1)[images, rows.unsqueeze(-1), columns.unsqueeze(-2)]
        return tiles.permute(0, 1, 4, 2, 3)


def distant_permutations(length: int, count: int, seed: int = 0) -> Tensor:
    """Permutations that differ from one another in many places.

    The first is drawn, each further one is drawn among those whose smallest Hamming
    distance to the chosen ones is largest (Noroozi and Favaro 2016).

    Args:
        length: number of places.
        count: how many; all of them, in lexicographic order, if there are no more.
        seed: seed of the draws.

    Returns:
        Tensor: (count, length), each row a permutation of 0..length-1.

    Raises:
        ValueError: ``count`` is below 2.
    """
    if count < 2:
        raise ValueError(f'num_permutations must be at least 2, got {count}')
    candidates = np.array(list(permutations(range(length))), dtype=np.uint8)
    if count >= math.factorial(length):
        return torch.from_numpy(candidates.astype(np.int64))
    rng = np.random.default_rng(seed)
    places = np.ascontiguousarray(candidates.T)
    distance = np.full(len(candidates), length, dtype=np.uint8)
    chosen = []
    for _ in range(count):
        chosen.append(int(rng.choice(np.flatnonzero(distance == distance.max()))))
        # The chosen one itself has distance 0 from now on.
        differing = np.zeros(len(candidates), dtype=np.uint8)
        for place, value in zip(places, candidates[chosen[-1]]):
            differing += place != value
        np.minimum(distance, differing, out=distance)
    return torch.from_numpy(candidates[chosen].astype(np.int64))
