"""Seeds of streams, fixed for all time, and random states that are given back."""

import random

import numpy as np
import pytest
import torch

from mmnas_mae.utils.seeding import get_random_state, kept_random_state, set_random_state, stream_seed


@pytest.mark.parametrize(
    'seed, stream, expected',
    [(0, 0, 2968811710), (0, 1, 3964924996), (3, 7, 2580024465), (7, 3, 3466196061), (-1, 2**63 + 5, 728753269)],
)
def test_the_seed_of_a_stream_never_changes(seed: int, stream: int, expected: int) -> None:
    """Held-out masks, and with them scores of other days, hang on it."""
    assert stream_seed(seed, stream) == expected


def test_seeds_and_streams_of_more_than_63_bits_begin_anew() -> None:
    assert stream_seed(2**63 + 3, 7) == stream_seed(3, 2**63 + 7) == stream_seed(3, 7)


def draws() -> list[float]:
    return [
        random.random(),
        random.gauss(0, 1),
        float(np.random.rand()),
        float(np.random.randn()),
        float(torch.rand(())),
    ]


@pytest.mark.parametrize('before', [0, 1])
def test_every_generator_goes_on_from_a_state(before: int, seed: int) -> None:
    """With one draw before, numpy and Python hold half a pair of normal numbers."""
    random.seed(seed), np.random.seed(seed), torch.manual_seed(seed)
    for _ in range(before):
        draws()
    state = get_random_state()
    first = draws()
    with kept_random_state():
        random.seed(9), np.random.seed(9), torch.manual_seed(9)
        other = draws()
    assert draws() != first
    set_random_state(state)
    assert draws() == first
    assert not set(other) & set(first)


def test_what_fails_leaves_the_generators_alone(seed: int) -> None:
    torch.manual_seed(seed)
    expected = float(torch.rand(()))
    torch.manual_seed(seed)

    @kept_random_state()
    def fail() -> None:
        torch.rand(3)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert float(torch.rand(())) == expected
