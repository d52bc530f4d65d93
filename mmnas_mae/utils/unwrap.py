"""The model behind what trains it on several devices."""

from typing import Any

from mmengine.model import is_model_wrapper
from torch import nn


def unwrap(model: nn.Module) -> Any:
    """The model inside a distributed wrapper, or ``model`` itself where there is none."""
    return model.module if is_model_wrapper(model) else model
