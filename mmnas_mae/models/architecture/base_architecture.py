"""What a search asks of any architecture parameters."""

from torch import Tensor, nn


class BaseArchitecture(nn.Module):
    """What a search asks of any architecture beside its genotype."""

    #: Forward passes whose mean loss a step minimises.
    samples = 1

    def regularization(self) -> dict[str, Tensor]:
        """Losses that depend on the architecture parameters alone."""
        return {}
