from typing import Any, Sequence

from mmnas_mae.utils.ranges import fits


def test_a_list_of_anything_fits_any_list():
    assert fits([['train', 0.6], 3], Sequence[Any])
    assert not fits('train', Sequence[Any])
