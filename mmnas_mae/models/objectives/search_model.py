"""What every search objective has in common."""

import statistics
from abc import ABCMeta, abstractmethod
from contextlib import contextmanager
from typing import Any, Callable, Iterator, Mapping, Optional, Sequence, Union

import torch
from mmengine.model import BaseModel
from torch import Tensor, nn

from ...registry import MODELS
from ...spaces import Genotype
from ..architecture.base_architecture import BaseArchitecture
from ..layers.depthwise import fast_layout
from ..networks.skeleton import found_on

#: Computes what :meth:`SearchModel.total_losses` does, of a model and a prepared batch.
Execution = Callable[['SearchModel', Mapping[str, Any]], dict[str, Tensor]]


class SearchModel(BaseModel, metaclass=ABCMeta):
    """A search network with an objective.

    An objective says what it draws for a batch (:meth:`prepare`, which holds all
    that is random or read from the data) and what it then computes (:meth:`losses`,
    a function of that alone). Second-order gradients need the two apart: they
    evaluate the same loss at several weights.

    The architecture parameters do not require gradients except inside
    :func:`mmnas_mae.engine.arch_grad.enable_grad`. So the weight step never computes
    nor leaks a gradient for them, and DDP does not wait for one.

    Attributes:
        against_collapse: what counteracts a collapse under this objective, for messages.
        execution: computes the losses of a step, ``execution(model, prepared)``, in place of
            :meth:`total_losses`; None leaves them to it (:class:`mmnas_mae.CudaGraphHook` sets it).

    Args:
        backbone: config of the search network, or of a stand-alone one; see :class:`mmnas_mae.models.BaseNetwork`.
        data_preprocessor: config of the data preprocessor.
        init_cfg: initialisation config of MMEngine.
    """

    execution: Optional[Execution] = None
    against_collapse = 'EarlyStopHook, AuxiliarySkipHook or PerturbationHook counteract this'

    def __init__(
        self, backbone: dict, data_preprocessor: Optional[dict] = None, init_cfg: Optional[dict] = None
    ) -> None:
        super().__init__(data_preprocessor, init_cfg)
        self.backbone = MODELS.build(backbone)
        for parameter in self.arch_parameters():
            parameter.requires_grad_(False)

    @property
    def arch(self) -> BaseArchitecture:
        """The architecture parameters and their relaxation."""
        return self.backbone.arch

    def arch_parameters(self) -> list[nn.Parameter]:
        """Parameters of the architecture optimizer."""
        return list(self.arch.alpha().values())

    def weight_parameters(self) -> list[nn.Parameter]:
        """Parameters of the weight optimizer: all others."""
        arch = {id(parameter) for parameter in self.arch_parameters()}
        return [parameter for parameter in self.parameters() if id(parameter) not in arch]

    def genotype(self, exclude_none: Optional[bool] = None) -> Genotype:
        """The architecture that the current parameters stand for, with the skeleton it was found on.

        Its ``meta`` says under ``decision`` how sure alpha is: ``entropy`` (mean over choices, 1 =
        undecided), ``ratios`` of the derived edges (:meth:`BaseArchitecture.ratios`) and ``ratio``, their
        geometric mean. :func:`mmnas_mae.spaces.judge` reads them. Under a limit ``budget`` says which and the cost.

        Args:
            exclude_none: overrides the space's rule on the operation ``none``; None follows it.
        """
        genotype = found_on(self.arch.genotype(exclude_none), self.backbone)
        ratios = self.arch.ratios(genotype.cells)
        known = [ratio for nodes in ratios.values() for node in nodes for ratio in node if ratio is not None]
        decision = dict(entropy=self.arch.entropy(), ratios=ratios)
        decision['ratio'] = statistics.geometric_mean(known) if known else None
        limit = self.arch.limit
        return genotype.with_meta(decision=decision, **({} if limit is None else dict(budget=limit.describe(genotype))))

    def generators(self) -> list[torch.Generator]:
        """The random generators that the objective owns, in a fixed order."""
        return []

    def all_generators(self) -> list[torch.Generator]:
        """Those of the objective, then those of the data preprocessor: all that a step draws from beside the global."""
        return [*self.generators(), *getattr(self.data_preprocessor, 'generators', list)()]

    @contextmanager
    def kept_generators(self) -> Iterator[None]:
        """Leaves :meth:`all_generators` as they were found."""
        states = [generator.get_state() for generator in self.all_generators()]
        try:
            yield
        finally:
            for generator, state in zip(self.all_generators(), states):
                generator.set_state(state)

    @abstractmethod
    def prepare(self, inputs: Tensor, data_samples: Optional[Sequence] = None) -> dict[str, Any]:
        """Draws and reads all that the loss of a batch depends on beside the weights.

        Args:
            inputs (Tensor): (B, C, H, W), normalised.
        """

    def prepare_batch(self, inputs: Tensor, data_samples: Optional[Sequence] = None) -> dict[str, Any]:
        """:meth:`prepare` of images in the memory layout that a search runs fastest on."""
        return self.prepare(fast_layout(inputs), data_samples)

    @abstractmethod
    def losses(self, **prepared: Any) -> dict[str, Tensor]:
        """The losses of a prepared batch."""

    def total_losses(self, **prepared: Any) -> dict[str, Tensor]:
        """What the steps of alpha and of the weights minimise.

        :meth:`losses`, their mean where the architecture asks for several drawn
        sub-networks, and what it adds of its own.
        """
        losses = self.losses(**prepared)
        if self.arch.samples > 1:
            drawn = [losses, *(self.losses(**prepared) for _ in range(self.arch.samples - 1))]
            losses = {name: sum(each[name] for each in drawn) / len(drawn) for name in losses}
        return {**losses, **self.arch.regularization()}

    def step_loss(self, prepared: Mapping[str, Any]) -> Tensor:
        """The sum of :meth:`total_losses` of a prepared batch, a scalar."""
        return self.parse_losses(self.step_losses(prepared))[0]

    def step_losses(self, prepared: Mapping[str, Any]) -> dict[str, Tensor]:
        """The :meth:`total_losses` of a prepared batch, by ``execution`` where there is one."""
        return self.total_losses(**prepared) if self.execution is None else self.execution(self, prepared)

    @abstractmethod
    def predict(self, inputs: Tensor, data_samples: Optional[Sequence] = None) -> list:
        """One result for each image; :mod:`.prediction` says what it may hold and makes them.

        Args:
            inputs (Tensor): (B, C, H, W), normalised.
        """

    def extract_feat(self, inputs: Tensor) -> tuple[Tensor, ...]:
        """The features of whole images, fine to coarse, for the ``FeatureExtractor`` of mmpretrain.

        Args:
            inputs (Tensor): (B, C, H, W), normalised.
        """
        return self.backbone(inputs)

    def forward(
        self, inputs: Tensor, data_samples: Optional[Sequence] = None, mode: str = 'tensor'
    ) -> Union[dict[str, Tensor], list, tuple[Tensor, ...]]:
        """The forward of MMEngine, in modes ``loss``, ``predict`` and ``tensor`` (features).

        Raises:
            ValueError: there is no such mode.
        """
        if mode == 'loss':
            return self.step_losses(self.prepare_batch(inputs, data_samples))
        if mode == 'predict':
            return self.predict(inputs, data_samples)
        if mode == 'tensor':
            return self.extract_feat(inputs)
        raise ValueError(f"mode must be 'loss', 'predict' or 'tensor', got {mode!r}")
