"""Between host and device."""

import torch
from torch import Tensor


def to_device(x: Tensor, device: torch.device) -> Tensor:
    """A tensor of the host on a device, of any shape, for which the host does not wait.

    An ordinary copy to a GPU waits for all that it has been given to do before.
    """
    if device.type != 'cuda' or x.is_cuda:
        return x.to(device)
    return x.pin_memory().to(device, non_blocking=True)
