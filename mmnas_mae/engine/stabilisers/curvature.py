"""Curvature of the validation loss with respect to the architecture, as pure functions."""

from typing import Callable, Iterable, Optional, Sequence

import torch
from torch import Tensor

from ..arch_grad import LossFn, enable_grad, preserved

#: Averages tensors over ranks in place.
Reduce = Callable[[list[Tensor]], None]


def hessian(
    loss: LossFn, alphas: Sequence[Tensor], buffers: Iterable[Tensor] = (), reduce: Reduce = lambda tensors: None
) -> Tensor:
    """The full Hessian, row by row with double backward (automl/RobustDARTS: src/search/analyze.py).

    Args:
        loss: the validation loss.
        alphas: architecture parameters, n elements in all.
        buffers: restored afterwards, so that no statistic of the measurement stays.
        reduce: averages tensors over ranks in place.

    Returns:
        Tensor: (n, n), double precision.
    """
    with enable_grad(alphas), preserved(buffers):
        gradient = _flat_gradient(loss(), alphas, create_graph=True)
        rows = [_derivative(entry, alphas) for entry in gradient]
    out = torch.stack(rows).double()
    reduce([out])
    # Rounding alone makes it asymmetric.
    return (out + out.T) / 2


def dominant_eigenvalue(
    loss: LossFn,
    alphas: Sequence[Tensor],
    buffers: Iterable[Tensor] = (),
    steps: Optional[int] = None,
    reduce: Reduce = lambda tensors: None,
) -> float:
    """The largest eigenvalue of the Hessian.

    Args:
        loss, alphas, buffers, reduce: as in :func:`hessian`.
        steps: None for the eigenvalues of the full Hessian; otherwise this many steps of
            Lanczos, each of which is one Hessian-vector product of n elements.
    """
    if steps is None:
        return float(torch.linalg.eigvalsh(hessian(loss, alphas, buffers, reduce))[-1])
    with enable_grad(alphas), preserved(buffers):
        gradient = _flat_gradient(loss(), alphas, create_graph=True)

        def product(vector: Tensor) -> Tensor:
            out = _derivative((gradient * vector.to(gradient)).sum(), alphas).double()
            reduce([out])
            return out

        return _lanczos(product, gradient.numel(), steps, gradient.device)


def _flat_gradient(loss: Tensor, alphas: Sequence[Tensor], create_graph: bool = False) -> Tensor:
    grads = torch.autograd.grad(loss, alphas, create_graph=create_graph, allow_unused=True)
    return torch.cat([(torch.zeros_like(a) if g is None else g).flatten() for a, g in zip(alphas, grads)])


def _derivative(value: Tensor, alphas: Sequence[Tensor]) -> Tensor:
    if not value.requires_grad:
        return torch.cat([torch.zeros_like(alpha).flatten() for alpha in alphas])
    grads = torch.autograd.grad(value, alphas, retain_graph=True, allow_unused=True)
    return torch.cat([(torch.zeros_like(a) if g is None else g).flatten() for a, g in zip(alphas, grads)])


def _lanczos(product: Callable[[Tensor], Tensor], size: int, steps: int, device: torch.device) -> float:
    """The largest eigenvalue of a symmetric map, with full reorthogonalisation."""
    # The same start everywhere: ranks must agree, and nothing may be drawn from the global generator.
    start = torch.randn(size, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).to(device)
    basis = [start / start.norm()]
    diagonal, off_diagonal = [], []
    for _ in range(min(steps, size)):
        image = product(basis[-1])
        diagonal.append(image @ basis[-1])
        for vector in (*basis, *basis):  # twice is enough
            image = image - (image @ vector) * vector
        length = image.norm()
        if float(length) <= 1e-12 * max(1.0, float(torch.stack(diagonal).abs().max())):
            break
        off_diagonal.append(length)
        basis.append(image / length)
    count = len(diagonal)
    matrix = torch.diag(torch.stack(diagonal))
    if count > 1:
        beside = torch.stack(off_diagonal[: count - 1])
        matrix = matrix + torch.diag(beside, 1) + torch.diag(beside, -1)
    return float(torch.linalg.eigvalsh(matrix)[-1])
