"""A derived architecture as a backbone."""

from typing import Any, Mapping, Optional, Sequence, Union

import torch
from mmengine.utils.dl_utils.parrots_wrapper import _BatchNorm
from torch import Tensor

from ...registry import MODELS
from ...spaces import CellGraph, CellSpace, load_genotype
from ...spaces.load import GenotypeLike
from ..layers.masked_norm import Visibility
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
        layers: number of cells.
        stem: ``cifar`` or ``imagenet``.
        out_indices: what to return, fine to coarse: 0, 1, 2 for the last feature of
            each stage, ``'stem'`` for the output of the first stem (stride 4 with
            ``imagenet``), ``'aux'`` for the feature that an auxiliary head reads (the
            second reduction cell).
        frozen_stages: 0 freezes the stem, k the stem and the first k stages, -1 nothing.
        norm_eval: keeps batch normalisation in eval mode while training.
        with_cp: whether the activations of a cell are computed again in the backward pass instead of kept.
        init_cfg: such as ``dict(type='Pretrained', checkpoint=..., prefix='backbone.')``.

    Weights of another genotype or size are refused however they are loaded, where
    MMEngine would only warn; the buffer ``genotype_id`` tells genotypes apart.

    Attributes:
        drop_path_prob: probability of dropping an edge in training; set by
            :class:`mmnas_mae.DropPathHook`.
    """

    def __init__(
        self,
        genotype: GenotypeLike,
        space: Union[None, str, dict, CellSpace] = None,
        init_channels: int = 36,
        layers: int = 20,
        stem: str = 'cifar',
        out_indices: Sequence[Union[int, str]] = (0, 1, 2),
        frozen_stages: int = -1,
        norm_eval: bool = False,
        with_cp: bool = False,
        init_cfg: Optional[dict] = None,
    ) -> None:
        derived = load_genotype(genotype, space)
        if set(derived.cells) != {'normal', 'reduce'}:
            raise ValueError(
                f'GenotypeBackbone needs a DARTS genotype with normal and reduce cells; this one is of space '
                f'{derived.space!r} with {sorted(derived.cells)}'
            )
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
            init_cfg=init_cfg,
        )
        self.genotype = derived
        self.register_buffer('genotype_id', torch.tensor(genotype_id(derived)))
        self.frozen_stages = _check_frozen(frozen_stages)
        self.norm_eval = norm_eval
        self.out_indices = _check_indices(out_indices)
        #: Cell index of each output; -1 is the stem.
        self._taps = tuple(self._tap(index) for index in self.out_indices)
        if list(self._taps) != sorted(set(self._taps)):
            raise ValueError(f'out_indices must go from fine to coarse without repeats, got {tuple(out_indices)}')
        self._freeze()

    def _tap(self, index: Union[int, str]) -> int:
        return {'stem': -1, 'aux': self.reductions[1]}[index] if isinstance(index, str) else self.stage_ends[index]

    @property
    def out_channels(self) -> tuple[int, ...]:
        """Channels of each output."""
        return tuple(self.stem_channels if tap < 0 else self.cell_channels[tap] for tap in self._taps)

    @property
    def out_strides(self) -> tuple[int, ...]:
        """Stride of each output with respect to the image."""
        return tuple(
            (1 if self.stem_stride == 1 else 4)
            if tap < 0
            else self.stem_stride * 2 ** sum(tap >= r for r in self.reductions)
            for tap in self._taps
        )

    @property
    def feature_info(self) -> FeatureInfo:
        """Channels, stride and module of each output, as timm gives them."""
        stem = 'stem' if self.stem_stride == 1 else 'stem0'
        last = len(self.get_submodule(stem)) - 1
        modules = (f'{stem}.{last}', *(f'cells.{i}' for i in range(self.layers)))
        return FeatureInfo(self.out_channels, self.out_strides, [modules[tap + 1] for tap in self._taps])

    def forward(self, x: Tensor, visible: Optional[Visibility] = None) -> tuple[Tensor, ...]:
        """
        Args:
            x (Tensor): (B, 3, H, W).
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
        stems = [getattr(self, name) for name in ('stem', 'stem0', 'stem1') if hasattr(self, name)]
        cells = self.cells[: self.stage_ends[self.frozen_stages - 1] + 1] if self.frozen_stages else []
        for module in (*stems, *cells):
            module.eval()
            module.requires_grad_(False)


def _check_frozen(frozen_stages: int) -> int:
    if frozen_stages not in (-1, 0, 1, 2, 3):
        raise ValueError(f'frozen_stages must be -1, 0, 1, 2 or 3, got {frozen_stages!r}')
    return frozen_stages


def _check_indices(out_indices: Sequence[Union[int, str]]) -> tuple[Union[int, str], ...]:
    allowed = (0, 1, 2, 'stem', 'aux')
    if not out_indices or any(isinstance(index, bool) or index not in allowed for index in out_indices):
        raise ValueError(f'out_indices must be chosen from {allowed}, got {tuple(out_indices)!r}')
    return tuple(out_indices)
