"""What the operations on one state of a cell have in common."""

from typing import Any, Callable, Hashable, Optional

import torch.nn.functional as F
from torch import Tensor, nn

from .masking import Visibility


class SharedStart(nn.Module):
    """An operation whose first step depends on its input alone, such as a ReLU or a pooling.

    Operations on the same input with equal :meth:`start_key` may share what
    :meth:`start` returns, so none may change it in place.
    """

    def start_key(self) -> Hashable:
        """Names the first step."""
        raise NotImplementedError

    def start(self, x: Tensor, visible: Optional[Visibility]) -> Any:
        """The first step."""
        raise NotImplementedError

    def finish(self, started: Any, visible: Optional[Visibility]) -> Tensor:
        """What follows."""
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
    """An operation that begins with a ReLU."""

    def start_key(self) -> Hashable:
        return 'relu'

    def start(self, x: Tensor, visible: Optional[Visibility]) -> Tensor:
        return F.relu(x)


class Source:
    """A state of a cell in one forward pass, from which edges leave.

    The first steps of the operations on it (:class:`SharedStart`) are computed once, in
    the forward and so in the backward pass.

    Args:
        x (Tensor): (B, C, H, W).
        visible: what ``sparse`` masking leaves visible.
        shared: False computes everything for each operation anew.
    """

    def __init__(self, x: Tensor, visible: Optional[Visibility] = None, shared: bool = True) -> None:
        self.x = x
        self.visible = visible
        self.shared = shared
        self._known: dict[Hashable, Any] = {}

    def run(self, op: nn.Module) -> Tensor:
        """The output of ``op``."""
        if not isinstance(op, SharedStart):
            return op(self.x, self.visible)
        return op(self.x, self.visible, self._once(op.start_key(), lambda: op.start(self.x, self.visible)))

    def channels(self, count: int) -> 'Source':
        """The first ``count`` channels, as a state of their own."""
        return self._once(('channels', count), lambda: Source(self.x[:, :count], self.visible, self.shared))

    def _once(self, key: Hashable, compute: Callable[[], Any]) -> Any:
        if not self.shared:
            return compute()
        if key not in self._known:
            self._known[key] = compute()
        return self._known[key]
