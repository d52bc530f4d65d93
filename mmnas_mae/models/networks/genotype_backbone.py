"""A derived architecture as a backbone."""

from typing import Any, Mapping, Optional, Sequence, Union

import torch
from mmengine.utils.dl_utils.parrots_wrapper import _BatchNorm
from torch import Tensor

from ...registry import MODELS
from ...spaces import CellGraph, CellSpace, load_genotype
from ...spaces.load import GenotypeLike
from ..architecture.base_architecture import BaseArchitecture
from ..layers.conv_stem import ConvStem
from ..layers.masked_norm import Visibility
from .base_network import found_stem, found_strides, image_channels
from .darts_network import DARTSNetwork
from .features_only import FeatureInfo
from .pretrained import check_weights, genotype_id


@MODELS.register_module()
class GenotypeBackbone(DARTSNetwork):
    """The network of a DARTS genotype, for mmpretrain, mmdet or alone (quark0/darts: cnn/model.py).

    Args:
        genotype: path of a ``genotype.json``, its dict, a published name or DARTS text.
        space: the space that the genotype must belong to; by default the one it names.
        init_channels: C, channels of a node in the first stage.
        layers: number of cells, or of the cells of each stage.
        stem: ``cifar``, ``imagenet`` or the config of a module such as :class:`mmnas_mae.ConvStem`;
            by default that of the search that the genotype comes from, else ``cifar``.
        out_indices: what to return, fine to coarse: 0, 1, 2 for the last feature of
            each stage (by default all), ``'stem'`` for the output of the first stem (stride 4
            with ``imagenet``), ``'aux'`` for the feature that an auxiliary head reads (the
            last reduction cell).
        frozen_stages: 0 freezes the stem, k the stem and the first k stages, -1 nothing.
        norm_eval: keeps batch normalisation in eval mode while training.
        with_cp: whether the activations of a cell are computed again in the backward pass instead of kept.
        strides: 1 or 2 for each stage; by default those of that search, else (1, 2, 2);
            see :class:`DARTSNetwork`.
        in_channels: channels of an image; by default those of the search that the genotype comes from, else 3.
        norm_momentum: of the running statistics of all normalisations; DARTS has 0.1.
        init_cfg: such as ``dict(type='Pretrained', checkpoint=..., prefix='backbone.')``.

    Weights of another genotype or size are refused however they are loaded, where
    MMEngine would only warn; the buffer ``genotype_id`` tells genotypes apart.

    Raises:
        ValueError: the genotype or an argument is invalid.
    """

    def __init__(
        self,
        genotype: GenotypeLike,
        space: Union[None, str, dict, CellSpace] = None,
        init_channels: int = 36,
        layers: Union[int, Sequence[int]] = 20,
        stem: Union[None, str, dict] = None,
        out_indices: Optional[Sequence[Union[int, str]]] = None,
        frozen_stages: int = -1,
        norm_eval: bool = False,
        with_cp: bool = False,
        strides: Optional[Sequence[int]] = None,
        init_cfg: Optional[dict] = None,
        in_channels: Optional[int] = None,
        norm_momentum: float = 0.1,
    ) -> None:
        derived = load_genotype(genotype, space)
        if set(derived.cells) != {'normal', 'reduce'}:
            raise ValueError(
                f'GenotypeBackbone needs a DARTS genotype with normal and reduce cells; this one is of space '
                f'{derived.space!r} with {sorted(derived.cells)}'
            )
        stem = found_stem(derived) if stem is None else stem
        strides = found_strides(derived) if strides is None else strides
        graphs = {kind: CellGraph.from_genotype(cell, 2) for kind, cell in derived.cells.items()}
        super().__init__(
            graphs,
            init_channels,
            layers,
            stem,
            stem_channels=3 * init_channels if stem == 'cifar' else init_channels,
            affine=True,
            searched=False,
            with_cp=with_cp,
            strides=strides,
            init_cfg=init_cfg,
            in_channels=image_channels(derived, in_channels),
        )
        self.genotype = derived
        self.register_buffer('genotype_id', torch.tensor(genotype_id(derived)))
        #: A stand-alone network has nothing to search.
        self.arch = BaseArchitecture()
        stages = range(len(self.stage_ends))
        if frozen_stages not in (-1, 0, *(stage + 1 for stage in stages)):
            raise ValueError(f'frozen_stages must lie between -1 and {len(stages)}, got {frozen_stages!r}')
        self.frozen_stages = frozen_stages
        self.norm_eval = norm_eval
        if not 0 < norm_momentum <= 1:
            raise ValueError(f'norm_momentum must lie in (0, 1], got {norm_momentum!r}')
        for module in self.modules():
            if isinstance(module, _BatchNorm):
                module.momentum = norm_momentum
        self.out_indices = tuple(stages if out_indices is None else out_indices)
        allowed = (*stages, 'stem', *(['aux'] if self.reductions else []))
        if not self.out_indices or any(isinstance(i, bool) or i not in allowed for i in self.out_indices):
            raise ValueError(f'out_indices must be chosen from {allowed}, got {self.out_indices!r}')
        #: Cell index of each output; -1 is the stem.
        self._taps = tuple(self._tap(index) for index in self.out_indices)
        if list(self._taps) != sorted(set(self._taps)):
            twice = 'aux' in self.out_indices and self.reductions[-1] in self.stage_ends
            raise ValueError(
                f'out_indices must go from fine to coarse without repeats, got {self.out_indices}'
                + f"; at layers={layers!r} the last reduction cell, 'aux', ends its stage: more layers part them"
                * twice
            )
        self._freeze()

    def _tap(self, index: Union[int, str]) -> int:
        if isinstance(index, str):
            return -1 if index == 'stem' else self.reductions[-1]
        return self.stage_ends[index]

    @property
    def out_channels(self) -> tuple[int, ...]:
        """Channels of each output."""
        return tuple(self.stem_channels if tap < 0 else self.cell_channels[tap] for tap in self._taps)

    @property
    def out_strides(self) -> tuple[int, ...]:
        """Stride of each output with respect to the image."""
        return tuple(self.stem_strides[0] if tap < 0 else self.cell_strides[tap] for tap in self._taps)

    @property
    def feature_info(self) -> FeatureInfo:
        """Channels, stride and module of each output, as timm gives them."""
        stem = 'stem' if len(self.stems) == 1 else 'stem0'
        last = f'.{len(self.stems[0]) - 1}' if isinstance(self.stems[0], ConvStem) else ''
        modules = (f'{stem}{last}', *(f'cells.{i}' for i in range(self.layers)))
        return FeatureInfo(self.out_channels, self.out_strides, [modules[tap + 1] for tap in self._taps])

    def forward(self, x: Tensor, visible: Optional[Visibility] = None) -> tuple[Tensor, ...]:
        """
        Args:
            x (Tensor): (B, C, H, W).
            visible: what ``sparse`` masking leaves visible.

        Returns:
            tuple: one feature for each of ``out_indices``, in train and eval mode alike.
        """
        states = self.forward_stem(x, visible)
        outputs = self.forward_cells(states, [tap for tap in self._taps if tap >= 0], visible=visible)
        return (states[0], *outputs) if self._taps[0] < 0 else tuple(outputs)

    def init_weights(self) -> None:
        """As MMEngine does; an error names the checkpoint.

        Raises:
            ValueError: the checkpoint of ``init_cfg`` is of another genotype or size.
        """
        try:
            super().init_weights()
        except (AssertionError, ValueError) as error:
            # MMEngine asserts that the prefix occurs in the checkpoint.
            raise ValueError(f'GenotypeBackbone, init_cfg {self.init_cfg}: {error}') from None

    def _load_from_state_dict(self, state_dict: Mapping[str, Tensor], prefix: str, *args: Any) -> None:
        # Nothing under the prefix is left to the caller's `strict`: a detector may be loaded without its backbone.
        if any(name.startswith(prefix) for name in state_dict):
            check_weights(self, state_dict, prefix)
            state_dict.setdefault(f'{prefix}genotype_id', self.genotype_id)
        super()._load_from_state_dict(state_dict, prefix, *args)

    def train(self, mode: bool = True) -> 'GenotypeBackbone':
        """Keeps frozen stages, and with ``norm_eval`` all normalisation, in eval mode."""
        super().train(mode)
        self._freeze()
        if mode and self.norm_eval:
            for module in self.modules():
                if isinstance(module, _BatchNorm):
                    module.eval()
        return self

    def _freeze(self) -> None:
        if self.frozen_stages < 0:
            return
        cells = self.cells[: self.stage_ends[self.frozen_stages - 1] + 1] if self.frozen_stages else []
        for module in (*self.stems, *cells):
            module.eval()
            module.requires_grad_(False)
