"""The found network and its rivals, each as wide as the budget allows."""

import os
import random
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Callable, Mapping, Optional, Sequence, Union

import torch

from ..costs import Budget, EdgeCosts, derive_within, fit
from ..costs.edge_costs import NotOfCells
from ..models import skeleton_name
from ..models.networks.skeleton import backbone_config
from ..spaces import CellSpace, Genotype, get_space, load_genotype
from .width import classifier_cost, widest

#: What the found network is compared with unless told otherwise.
RIVALS = ('darts_v2', 'random', 'largest', 'resnet', 'mobilenet')
FOUND = 'found'
#: mmpretrain's width multipliers of MobileNetV2; V3 is not scalable there.
_MULTIPLIERS = [step / 20 for step in range(1, 101)]


@dataclass(frozen=True)
class Rival:
    """A network of the comparison.

    Args:
        name: short, also of its folder.
        label: for a reader, with its width.
        backbone: its config.
        cost: ``params`` and ``macs`` of the classifier.
    """

    name: str
    label: str
    backbone: Mapping[str, Any]
    cost: Mapping[str, float]

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)

    def identity(self) -> list[Any]:
        """All that makes it this network and no other: its cells, which may lie in any file, and its settings."""
        network = self.backbone.get('network', self.backbone)
        settings = {key: value for key, value in network.items() if key != 'genotype'}
        if 'genotype' not in network:
            return [settings]
        genotype = load_genotype(network['genotype']).to_dict()
        return [settings, genotype['space'], genotype['cells'], genotype.get('macro')]


class Field:
    """Makes the networks of a comparison.

    Args:
        genotype: what was found.
        folder: where the genotypes of the cells are written, one file each.
        settings: of the skeleton: ``init_channels``, ``layers``, ``stem``, ``in_channels``, as far as it has them.
        shape: (C, H, W) of an image.
        num_classes: number of classes.
        macs: multiply-adds at most; those of the found network by default. With a number the found network too is
            made as wide as it allows.
        seed: of the random cell.

    Raises:
        ValueError: the found network cannot be built, or not within ``macs``.
    """

    def __init__(
        self,
        genotype: Genotype,
        folder: Union[str, os.PathLike],
        settings: Mapping[str, Any],
        shape: tuple[int, int, int],
        num_classes: int,
        macs: Optional[float] = None,
        seed: int = 0,
    ) -> None:
        self.genotype, self.folder, self.settings, self.seed = genotype, Path(folder), dict(settings), seed
        self.shape, self.num_classes = tuple(shape), num_classes
        self.at = dict(settings, image_size=list(shape[1:]), num_classes=num_classes)
        #: What of the skeleton makes a network wider.
        self.width = 'stem_channels' if skeleton_name(genotype) == 'nasbench101' else 'init_channels'
        self.found = self._cell(FOUND, 'found', genotype, macs)
        self.macs = self.found.cost['macs'] if macs is None else macs

    def make(self, names: Sequence[str]) -> tuple[list[Rival], dict[str, str]]:
        """The found network and those named, and why others that were named are left out.

        Raises:
            ValueError: a name is unknown.
        """
        makers: dict[str, Callable[[], Rival]] = {
            'darts_v2': self._darts_v2,
            'random': self._random,
            'largest': self._largest,
            'resnet': self._resnet,
            'mobilenet': self._mobilenet,
        }
        if unknown := [name for name in names if name not in makers]:
            raise ValueError(f'--against must be of {", ".join(makers)}, got {unknown[0]!r}')
        rivals, left_out = [self.found], {}
        for name in names:
            try:
                rivals.append(makers[name]())
            except ValueError as error:
                left_out[name] = str(error)
        return rivals, left_out

    def _cell(self, name: str, label: str, genotype: Genotype, macs: Optional[float]) -> Rival:
        """The network of a cell, as wide as ``macs`` allows; as wide as the settings say without a limit."""
        settings = self.settings
        if macs is not None:
            settings = fit(genotype, Budget(macs=macs, at=self.at), self.width).at
            settings = {key: value for key, value in settings.items() if key not in ('image_size', 'num_classes')}
        path = self.folder / name / 'genotype.json'
        path.parent.mkdir(parents=True, exist_ok=True)
        genotype.save(path)
        words = ', '.join(f'{key} {settings[key]}' for key in (self.width, 'layers') if key in settings)
        config = backbone_config(path, **settings)
        label = f'{label} ({words.replace("init_channels", "C").replace("layers", "cells")})' if words else label
        return Rival(name, label, config, self._cost(config))

    def _cost(self, config: Mapping[str, Any]) -> dict[str, float]:
        return classifier_cost(config, self.shape, self.num_classes)

    def _darts_v2(self) -> Rival:
        if skeleton_name(self.genotype) != 'darts':
            raise ValueError(f'DARTS_V2 has another skeleton than a cell of {self.genotype.space}')
        if self.genotype.skeleton is not None:
            settings = {key: value for key, value in self.genotype.search.items() if key in ('stem', 'strides')}
            self.at = {**settings, **self.at}
        return self._cell('darts_v2', 'DARTS_V2', load_genotype('DARTS_V2'), self.macs)

    def _random(self) -> Rival:
        member = get_space(self.genotype.space).random_genotype(random.Random(self.seed))
        return self._cell('random', f'random cell, seed {self.seed}', self._stands_alike(member), self.macs)

    def _largest(self) -> Rival:
        """At the width of the found network the cell with most multiply-adds within the budget."""
        space, graphs = get_space(self.genotype.space), {}
        if not isinstance(space, CellSpace):
            raise ValueError(f'{space.name} is no space of cells, whose costs are sums over edges')
        network = self.found.backbone.get('network', self.found.backbone)
        at = {**self.at, **{key: network[key] for key in self.at if key in network}}
        try:
            costs = EdgeCosts(self.genotype, at)
        except NotOfCells as error:
            raise ValueError(str(error)) from None
        table = costs.table(space)
        most = max(cost['macs'] for rows in table.values() for row in rows for cost in row) or 1
        for kind, rows in table.items():
            widest_row = max(map(len, rows))
            graphs[kind] = torch.tensor(
                [[cost['macs'] / most for cost in row] + [0.0] * (widest_row - len(row)) for row in rows],
                dtype=torch.float64,
            )
        member = derive_within(space, graphs, costs, dict(macs=self.macs))
        if dict(member.cells) == dict(self.genotype.cells):
            raise ValueError('the found cell is the largest that fits')
        return self._cell('largest', 'largest cell that fits', self._stands_alike(member), self.macs)

    def _stands_alike(self, member: Genotype) -> Genotype:
        """A member of the space on the skeleton of the found one."""
        found = dict(skeleton=self.genotype.skeleton, search=dict(self.genotype.search))
        return Genotype(member.space, member.cells, macro=member.macro, **found) if found['skeleton'] else member

    def _is_fine(self) -> bool:
        """Whether networks for images of 224 pixels would leave too little of these."""
        return min(self.shape[1:]) <= 64

    def _resnet(self) -> Rival:
        def config(width: int) -> dict[str, Any]:
            kind = 'mmpretrain.ResNet_CIFAR' if self._is_fine() else 'mmpretrain.ResNet'
            sizes = dict(depth=18, base_channels=width, stem_channels=width, out_indices=(1, 2, 3))
            return self._foreign(dict(type=kind, **sizes))

        width, found = widest(range(1, 513), lambda width: self._cost(config(width)), self.macs, 'ResNet-18')
        return Rival('resnet', f'ResNet-18 (width {width})', config(width), found)

    def _mobilenet(self) -> Rival:
        def config(multiplier: float) -> dict[str, Any]:
            network = dict(type='mmpretrain.MobileNetV2', widen_factor=multiplier, out_indices=(2, 4, 7))
            return self._foreign(network, finer=2 if self._is_fine() else 0)

        factor, found = widest(_MULTIPLIERS, lambda factor: self._cost(config(factor)), self.macs, 'MobileNetV2')
        return Rival('mobilenet', f'MobileNetV2 (width {factor:g})', config(factor), found)

    def _foreign(self, network: dict[str, Any], finer: int = 0) -> dict[str, Any]:
        return dict(type='mmnas_mae.MaskedBackbone', network=network, in_channels=self.shape[0], finer=finer)
