"""The search network of DARTS."""

from typing import Optional, Sequence, Union

from torch import Tensor

from ...registry import MODELS
from ...spaces import CellSpace
from ..architecture.cell_architecture import CellArchitecture
from ..layers.masked_norm import Visibility
from .darts_network import DARTSNetwork


@MODELS.register_module()
class DARTSSupernet(DARTSNetwork):
    """The search network over a space of DARTS cells (quark0/darts: cnn/model_search.py).

    The classifier of the published network is not part of it: at C=16, 8 layers and
    with a 10-class linear layer on top it has 1,930,618 parameters in S0, the
    architecture parameters (``self.arch``) not counted.

    Args:
        space: a space with ``normal`` and ``reduce`` cells, or its name or config.
        init_channels: C, channels of a node in the first stage.
        layers: number of cells, or of the cells of each stage.
        stem: ``cifar``, ``imagenet`` for a stem of stride 8 (yuhuixu1993/PC-DARTS:
            model_search_imagenet.py), or the config of a module such as :class:`mmnas_mae.ConvStem`.
        relaxation: how alpha weighs the operations, softmax by default.
        connection: the mixed operation of an edge, all channels by default.
        edge_norm: whether edges have weights of their own (PC-DARTS).
        stem_channels: output channels of the stem, ``3 * init_channels`` by default; UnNAS and RLNAS
            have ``init_channels``.
        affine: whether normalisations in the cells have parameters (RLNAS).
        pool_norm: whether poolings are normalised; GDAS does not.
        with_cp: whether the activations of a cell are computed again in the backward pass instead of kept.
        derivation: arguments of :func:`mmnas_mae.spaces.discretize`, such as ``exclude_none``.
        strides: 1 or 2 for each stage, (1, 2, 2) by default; see :class:`DARTSNetwork`.
        in_channels: channels of an image.
        init_cfg: initialisation config of MMEngine.
    """

    def __init__(
        self,
        space: Union[str, dict, CellSpace] = 'darts_s0',
        init_channels: int = 16,
        layers: Union[int, Sequence[int]] = 8,
        stem: Union[str, dict] = 'cifar',
        relaxation: Optional[dict] = None,
        connection: Optional[dict] = None,
        edge_norm: bool = False,
        stem_channels: Optional[int] = None,
        affine: bool = False,
        pool_norm: bool = True,
        with_cp: bool = False,
        derivation: Optional[dict] = None,
        strides: Optional[Sequence[int]] = None,
        init_cfg: Optional[dict] = None,
        in_channels: int = 3,
    ) -> None:
        arch = CellArchitecture(space, relaxation, edge_norm, derivation=derivation)
        super().__init__(
            arch.space.cells,
            init_channels,
            layers,
            stem,
            stem_channels=3 * init_channels if stem_channels is None else stem_channels,
            affine=affine,
            searched=True,
            pool_norm=pool_norm,
            connection=connection,
            with_cp=with_cp,
            strides=strides,
            init_cfg=init_cfg,
            in_channels=in_channels,
        )
        self.arch = arch
        self.out_channels = tuple(self.cell_channels[i] for i in self.stage_ends)
        self.out_strides = tuple(self.cell_strides[i] for i in self.stage_ends)

    def forward(self, x: Tensor, visible: Optional[Visibility] = None) -> tuple[Tensor, ...]:
        """
        Args:
            x (Tensor): (B, C, H, W).
            visible: what ``sparse`` masking leaves visible.

        Returns:
            tuple: the last feature of each stage, fine to coarse.
        """
        states = self.forward_stem(x, visible)
        return tuple(self.forward_cells(states, self.stage_ends, self.arch.sample(), visible))
