"""What the operations on one state of a cell have in common."""

from typing import Any, Callable, Hashable, Optional

import torch.nn.functional as F
from torch import Tensor, nn

from .depthwise import fast_layout
from .masked_norm import MaskedBatchNorm2d, Visibility
from .node import Term


class SharedStart(nn.Module):
    """An operation whose first step depends on its input alone, such as a ReLU or a pooling.

    Operations on the same input with equal :meth:`start_key` may share what
    :meth:`start` returns, so none may change it in place. A subclass gives the three methods;
    where it ends with a normalisation, it may give :attr:`last_norm` and :meth:`raw`, so that a node
    can normalise all that enters it at once.
    """

    @property
    def last_norm(self) -> Optional[MaskedBatchNorm2d]:
        """The normalisation that it ends with; None if a node cannot take it over."""
        return None

    def raw(self, started: Any, visible: Optional[Visibility]) -> Tensor:
        """What :attr:`last_norm` normalises, of what :meth:`start` returns: (B, C', H', W')."""
        raise NotImplementedError

    def start_key(self) -> Hashable:
        """Names the first step."""
        raise NotImplementedError

    def start(self, x: Tensor, visible: Optional[Visibility]) -> Any:
        """The first step on (B, C, H, W); what it returns is the operation's own affair."""
        raise NotImplementedError

    def finish(self, started: Any, visible: Optional[Visibility]) -> Tensor:
        """What follows, on what :meth:`start` returns: (B, C', H', W')."""
        raise NotImplementedError

    def forward(self, x: Tensor, visible: Optional[Visibility] = None, started: Any = None) -> Tensor:
        """
        Args:
            x (Tensor): (B, C, H, W).
            visible: what ``sparse`` masking leaves visible.
            started: what :meth:`start` returns, where it is known.

        Returns:
            Tensor: (B, C', H', W').
        """
        return self.finish(self.start(x, visible) if started is None else started, visible)


class ReLUStart(SharedStart):
    """An operation that begins with a ReLU and ends with a normalisation, ``bn`` or what :attr:`last_norm` says.

    So ``finish`` takes a factor of the output, ``scale``, that the normalisation applies. A subclass gives :meth:`raw`.
    """

    @property
    def last_norm(self) -> MaskedBatchNorm2d:
        """The normalisation that it ends with."""
        return self.bn

    def start_key(self) -> Hashable:
        """The same for all of them."""
        return 'relu'

    def start(self, x: Tensor, visible: Optional[Visibility]) -> Tensor:
        """(B, C, H, W), rectified."""
        return F.relu(x)

    def finish(self, started: Tensor, visible: Optional[Visibility], scale: Optional[Tensor] = None) -> Tensor:
        """What follows, times ``scale``, a 0-dimensional tensor."""
        return self.last_norm(self.raw(started, visible), visible, scale)

    def forward(
        self,
        x: Tensor,
        visible: Optional[Visibility] = None,
        started: Optional[Tensor] = None,
        scale: Optional[Tensor] = None,
    ) -> Tensor:
        """As :meth:`SharedStart.forward`, times ``scale``."""
        return self.finish(self.start(x, visible) if started is None else started, visible, scale)


class CellState:
    """A state of a cell in one forward pass, from which edges leave.

    The first steps of the operations on it (:class:`SharedStart`) are computed once, in
    the forward and so in the backward pass. Weights of operations become factors of their
    normalisations, so that no product of a weight and a map is computed.

    Args:
        x (Tensor): (B, C, H, W).
        visible: what ``sparse`` masking leaves visible.
        shared: False computes everything for each operation anew, and no weight in a normalisation.
    """

    def __init__(self, x: Tensor, visible: Optional[Visibility] = None, shared: bool = True) -> None:
        self.x = x
        self.visible = visible
        self.shared = shared
        self._known: dict[Hashable, Any] = {}

    def run(self, op: nn.Module) -> Tensor:
        """The output of ``op``: (B, C', H', W')."""
        return op(self.x, self.visible, self._started(op)) if _shares(op) else op(self.x, self.visible)

    def term(self, op: nn.Module, weight: Tensor) -> Term:
        """The output of ``op`` with its weight, which its last normalisation applies where it can.

        A normalisation that belongs to the node is left to it.
        """
        if not (self.shared and _shares(op)):
            return Term(weight, self.run(op))
        started = self._started(op)
        if op.last_norm is not None and op.last_norm.belongs_to_node(self.visible) and _ends_with_norm(op):
            return Term(weight, op.raw(started, self.visible), op.last_norm)
        if isinstance(op, ReLUStart):
            return Term(None, op(self.x, self.visible, started, weight))
        return Term(weight, op(self.x, self.visible, started))

    def channels(self, count: int) -> 'CellState':
        """The first ``count`` channels, as a state of their own."""

        def cut() -> CellState:
            x = self.x[:, :count]
            return CellState(fast_layout(x) if self.shared else x, self.visible, self.shared)

        return self._once(('channels', count), cut)

    def _started(self, op: SharedStart) -> Any:
        return self._once(op.start_key(), lambda: op.start(self.x, self.visible))

    def _once(self, key: Hashable, compute: Callable[[], Any]) -> Any:
        if not self.shared:
            return compute()
        if key not in self._known:
            self._known[key] = compute()
        return self._known[key]


def _ends_with_norm(op: SharedStart) -> bool:
    """Whether :meth:`SharedStart.finish` is of the class that names the last normalisation; a later one may do more."""
    order = type(op).__mro__
    finish, norm = (next(i for i, c in enumerate(order) if name in vars(c)) for name in ('finish', 'last_norm'))
    return finish >= norm


def _shares(op: nn.Module) -> bool:
    """Whether an operation takes a first step that is known; one with a forward of its own runs as it is."""
    return isinstance(op, SharedStart) and type(op).forward in (SharedStart.forward, ReLUStart.forward)
