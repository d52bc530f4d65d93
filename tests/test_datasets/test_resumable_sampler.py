import pytest
from mmengine.dataset import DefaultSampler, sampler
from torch.utils.data import DataLoader

from mmnas_mae.datasets import ResumableSampler
from mmnas_mae.registry import DATA_SAMPLERS


@pytest.mark.parametrize('round_up', [True, False])
@pytest.mark.parametrize('shuffle', [True, False])
@pytest.mark.parametrize('rank, ranks', [(0, 1), (0, 2), (1, 2)])
def test_skips_to_the_tail_of_the_default_order(monkeypatch, rank, ranks, shuffle, round_up):
    monkeypatch.setattr(sampler, 'get_dist_info', lambda: (rank, ranks))
    settings = dict(dataset=range(21), shuffle=shuffle, seed=5, round_up=round_up)
    default = DefaultSampler(**settings)
    resumed = DATA_SAMPLERS.build(dict(type='mmnas_mae.ResumableSampler', **settings))
    for epoch in range(3):
        default.set_epoch(epoch)
        resumed.set_epoch(epoch)
        whole = list(default)
        assert list(resumed) == whole
        for start in (1, 4, len(whole)):
            resumed.start = start
            assert list(resumed) == whole[start:]
            assert resumed.start == 0
            assert list(resumed) == whole
        assert len(resumed) == len(default) == len(whole)


def test_batches_of_a_resumed_loader():
    def batches(start):
        return [
            batch.tolist()
            for batch in DataLoader(range(20), 3, sampler=ResumableSampler(range(20), seed=1, start=start))
        ]

    assert batches(start=6) == batches(start=0)[2:]


@pytest.mark.parametrize('start', [-1, 11])
def test_start_outside_the_epoch(start):
    with pytest.raises(ValueError, match=rf'ResumableSampler\.start must lie in 0\.\.10, .* got {start}'):
        iter(ResumableSampler(range(10), seed=0, start=start))
