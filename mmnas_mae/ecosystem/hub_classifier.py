"""A derived network with the interface of timm's models, and its way to the hub of models."""

import os
import tempfile
from pathlib import Path
from typing import Any, Optional, Sequence, Union

from torch import Tensor, nn

from ..models import GenotypeNetwork
from ..models.networks.base_network import plain_stem
from ..models.networks.pretrained import check_weights
from ..spaces.load import GenotypeLike
from .hub_config import model_card, network_config
from .hub_files import read_network, upload, write_network

POOLS = dict(avg=nn.AdaptiveAvgPool2d, max=nn.AdaptiveMaxPool2d)


class HubClassifier(GenotypeNetwork):
    """A network of a DARTS genotype as timm's models are, of the size that DARTS trains on ImageNet by default.

    Features are the output of the first stem and the last of each stage, fine to coarse: strides 4, 8, 16, 32 behind
    the stem ``imagenet``. Weights have the names of :class:`mmnas_mae.models.GenotypeNetwork`, so that
    :func:`mmnas_mae.apis.load_weights` takes the checkpoint of a retraining.

    Args:
        genotype: path of a ``genotype.json``, its dict, a published name or DARTS text.
        num_classes: number of classes; 0 for pooled features.
        in_chans: channels of an image; by default those of the search that found the genotype, else 3.
        global_pool: ``avg``, ``max``, or an empty text for none, with ``num_classes=0``.
        drop_rate: dropout in front of the classifier.
        drop_path_rate: probability of dropping an edge in training, the same in all cells as in DARTS.
        init_channels: channels of a node in the first stage.
        layers: number of cells, or of the cells of each stage.
        stem: ``imagenet``, ``cifar`` or the config of a registered module with plain settings.
        backbone: further arguments of :class:`mmnas_mae.GenotypeBackbone`, such as ``strides``.

    Raises:
        ValueError: the genotype or an argument is invalid.
    """

    def __init__(
        self,
        genotype: GenotypeLike,
        num_classes: int = 1000,
        in_chans: Optional[int] = None,
        global_pool: str = 'avg',
        drop_rate: float = 0.0,
        drop_path_rate: float = 0.0,
        init_channels: int = 48,
        layers: Union[int, Sequence[int]] = 14,
        stem: Union[str, dict] = 'imagenet',
        **backbone: Any,
    ) -> None:
        # A stem may come out of a file of the hub, which must not name what is imported.
        size = dict(init_channels=init_channels, layers=layers, stem=plain_stem(stem), in_channels=in_chans)
        super().__init__(genotype, 1, **size, **backbone)
        for name, rate in dict(drop_rate=drop_rate, drop_path_rate=drop_path_rate).items():
            if not 0 <= rate < 1:
                raise ValueError(f'{name} must lie in [0, 1), got {rate!r}')
        self.in_chans = self.backbone.in_channels
        self.num_features = self.head_hidden_size = self.backbone.out_channels[-1]
        self.backbone.drop_path_prob = drop_path_rate
        self.dropout = nn.Dropout(drop_rate)
        net = self.backbone
        first = 'backbone.stem' if len(net.stems) == 1 else 'backbone.stem0'
        #: Of each feature: ``num_chs``, ``reduction`` (stride) and ``module``.
        self.feature_info = [dict(num_chs=net.stem_channels, reduction=net.stem_strides[0], module=first)] + [
            dict(num_chs=net.cell_channels[end], reduction=net.cell_strides[end], module=f'backbone.cells.{end}')
            for end in net.stage_ends
        ]
        self.reset_classifier(num_classes, global_pool)

    def get_classifier(self) -> nn.Module:
        """The linear layer; an ``Identity`` without classes."""
        return self.classifier

    def reset_classifier(self, num_classes: int, global_pool: Optional[str] = None) -> None:
        """A new linear layer.

        Args:
            num_classes: number of classes; 0 for pooled features.
            global_pool: as in the constructor; None leaves it.

        Raises:
            ValueError: there is no such pooling, or classes are to be read of features that are not pooled.
        """
        pool = self.global_pool if global_pool is None else global_pool
        if pool not in (*POOLS, ''):
            raise ValueError(f'global_pool must be one of {(*POOLS, "")}, got {pool!r}')
        if num_classes < 0 or (num_classes and not pool):
            raise ValueError(f'num_classes must be at least 0, and 0 without global_pool, got {num_classes!r}')
        self.num_classes, self.global_pool = num_classes, pool
        self.pool = POOLS[pool](1) if pool else nn.Identity()
        place = self.backbone.genotype_id.device
        self.classifier = nn.Linear(self.num_features, num_classes, device=place) if num_classes else nn.Identity()

    def forward_features(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> the last feature, (B, ``num_features``, h, w)."""
        return self.backbone(x)[-1]

    def forward_head(self, x: Tensor, pre_logits: bool = False) -> Tensor:
        """The last feature -> (B, ``num_classes``) logits; with ``pre_logits`` what the linear layer reads."""
        x = self.pool(x)
        x = self.dropout(x.flatten(1) if self.global_pool else x)
        return x if pre_logits else self.classifier(x)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, ``num_classes``) logits."""
        return self.forward_head(self.forward_features(x))

    def forward_intermediates(
        self,
        x: Tensor,
        indices: Union[None, int, Sequence[int]] = None,
        norm: bool = False,
        stop_early: bool = False,
        output_fmt: str = 'NCHW',
        intermediates_only: bool = False,
    ) -> Union[list[Tensor], tuple[Tensor, list[Tensor]]]:
        """Features of ``feature_info``, as timm's models give them.

        Args:
            x (Tensor): (B, C, H, W).
            indices: which, counted from the finest; a number for the last so many; None for all.
            norm: without effect, since no normalisation follows the cells.
            stop_early: without effect, since nothing behind the last feature is computed where it is not asked for.
            output_fmt: ``NCHW``.
            intermediates_only: whether the last feature is left out.

        Returns:
            list[Tensor], or the last feature of the network and that list.

        Raises:
            ValueError: an index or the format is unknown.
        """
        if str(getattr(output_fmt, 'value', output_fmt)) != 'NCHW':
            raise ValueError(f'output_fmt must be NCHW, got {output_fmt!r}')
        wanted = self._places(indices)
        ends = self.backbone.stage_ends
        taps = sorted({ends[place - 1] for place in wanted if place} | (set() if intermediates_only else {ends[-1]}))
        states = self.backbone.forward_stem(x)
        found = dict(zip(taps, self.backbone.forward_cells(states, taps)))
        features = [found[ends[place - 1]] if place else states[0] for place in wanted]
        return features if intermediates_only else (found[ends[-1]], features)

    def prune_intermediate_layers(
        self, indices: Union[None, int, Sequence[int]] = None, prune_norm: bool = False, prune_head: bool = True
    ) -> list[int]:
        """Removes the cells behind the last feature that is wanted, and the classifier.

        Args:
            indices: as in :meth:`forward_intermediates`.
            prune_norm: without effect, as there is none.
            prune_head: whether the classifier is removed.

        Returns:
            list[int]: the features that are wanted, counted from the finest.
        """
        places = self._places(indices)
        last = max(places)
        self.backbone.cells = self.backbone.cells[: self.backbone.stage_ends[last - 1] + 1 if last else 0]
        if prune_head:
            self.reset_classifier(0, '')
        return places

    def _places(self, indices: Union[None, int, Sequence[int]]) -> list[int]:
        """Features by their place from the finest, of which negative ones count from the coarsest."""
        count = len(self.feature_info)
        if indices is None or isinstance(indices, int):
            indices = range(count if indices is None else indices)[::-1]
            indices = [-1 - place for place in indices]
        if not indices or not all(-count <= place < count for place in indices):
            raise ValueError(f'indices must be features from 0 to {count - 1} or from {-count} on, got {indices!r}')
        return [place % count for place in indices]

    def set_grad_checkpointing(self, enable: bool = True) -> None:
        """Whether the activations of a cell are computed again in the backward pass instead of kept."""
        self.backbone.with_cp = enable

    def group_matcher(self, coarse: bool = False) -> dict[str, str]:
        """Patterns of the names of weights by depth, for layer-wise rates of learning."""
        return dict(stem=r'^backbone\.stem', blocks=r'^backbone\.cells\.(\d+)')

    def save_pretrained(
        self,
        folder: Union[str, os.PathLike],
        classes: Optional[Sequence[str]] = None,
        mean: Optional[Sequence[float]] = None,
        std: Optional[Sequence[float]] = None,
        image_size: Optional[int] = None,
    ) -> Path:
        """Writes ``config.json`` with the genotype, ``model.safetensors`` and, unless there is one, ``README.md``.

        Args:
            folder: is made if need be.
            classes: their names.
            mean, std: of the normalisation of images, in units of 0 to 1, one number for each channel; by default those
                of ImageNet.
            image_size: side of an image in pixels; by default 224, behind the stem ``cifar`` 32.

        Returns:
            Path: the folder, for :meth:`from_pretrained` and ``timm.create_model('local-dir:...', pretrained=True)``.

        Raises:
            ModuleNotFoundError: safetensors is not installed.
            ValueError: a number of classes or channels is another than that of the network, or mean and std are
                missing for images of other than three channels.
        """
        config = network_config(self, classes, mean, std, image_size)
        return write_network(folder, config, self.state_dict(), model_card(self))

    @classmethod
    def from_pretrained(
        cls, source: Union[str, os.PathLike], num_classes: Optional[int] = None, **hub: Any
    ) -> 'HubClassifier':
        """The network that :meth:`save_pretrained`, :meth:`push_to_hub` or timm has written, in eval mode.

        Args:
            source: a folder, or a repository of the hub such as ``user/name``.
            num_classes: another number of classes than it was trained for, with a new linear layer.
            hub: ``revision``, ``cache_dir``, ``token`` of ``huggingface_hub.hf_hub_download``.

        Raises:
            FileNotFoundError, ModuleNotFoundError, ValueError: as :func:`mmnas_mae.ecosystem.hub_files.read_network`; a
                ValueError too where the weights are of another genotype or size.
        """
        saved = read_network(source, **hub)
        model = cls(**saved.arguments)
        try:
            check_weights(model, saved.weights)
        except ValueError as error:
            raise ValueError(f'{os.fspath(source)!r}: {error}') from None
        model.load_state_dict(saved.weights)
        if num_classes is not None and num_classes != model.num_classes:
            model.reset_classifier(num_classes)
        return model.eval()

    def push_to_hub(
        self,
        repo_id: str,
        token: Optional[str] = None,
        private: bool = False,
        commit_message: str = 'Add the network and its genotype',
        revision: Optional[str] = None,
        **description: Any,
    ) -> str:
        """Sends what :meth:`save_pretrained` writes to a repository, which is made if need be.

        Args:
            repo_id: such as ``user/name``.
            token: of the account; by default the one that ``hf auth login`` has stored.
            private: whether a new repository is hidden from others.
            commit_message: of the commit.
            revision: branch.
            description: ``classes``, ``mean``, ``std`` and ``image_size`` of :meth:`save_pretrained`.

        Returns:
            str: the repository.

        Raises:
            ModuleNotFoundError: safetensors or huggingface_hub is not installed.
        """
        with tempfile.TemporaryDirectory() as folder:
            self.save_pretrained(folder, **description)
            return upload(Path(folder), repo_id, token, private, commit_message=commit_message, revision=revision)
