"""Seeds and random states."""

import random
from contextlib import contextmanager
from typing import Any, Iterator

import numpy as np
import torch


def stream_seed(seed: int, stream: int) -> int:
    """A seed of 32 bits for each (seed, stream); torch's CPU generator reads no more than that."""
    key = (seed % 2**63, stream % 2**63)
    return int(np.random.SeedSequence(key).generate_state(1)[0])


def get_random_state() -> dict[str, Any]:
    """State of every global random generator, as plain values and tensors."""
    numpy_state = np.random.get_state(legacy=False)
    # int64, since pickle cannot restore tensors of uint32.
    numpy_state['state']['key'] = torch.from_numpy(numpy_state['state']['key'].astype(np.int64))
    return dict(
        python=random.getstate(),
        numpy=numpy_state,
        torch=torch.get_rng_state(),
        cuda=torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    )


def set_random_state(state: dict[str, Any]) -> None:
    """Inverse of :func:`get_random_state`."""
    version, values, gauss = state['python']
    random.setstate((version, tuple(values), gauss))
    numpy_state = dict(state['numpy'], state=dict(state['numpy']['state']))
    numpy_state['state']['key'] = numpy_state['state']['key'].cpu().numpy().astype(np.uint32)
    np.random.set_state(numpy_state)
    torch.set_rng_state(state['torch'].cpu())
    if state['cuda'] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all([s.cpu() for s in state['cuda']])


@contextmanager
def kept_random_state() -> Iterator[None]:
    """Leaves every global random generator as it was found."""
    state = get_random_state()
    try:
        yield
    finally:
        set_random_state(state)
