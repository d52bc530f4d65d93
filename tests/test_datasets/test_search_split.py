import pickle
import random

import numpy as np
import pytest
import torch
from mmengine.dataset import BaseDataset
from mmengine.registry import DefaultScope
from torch.utils.data import DataLoader

from mmnas_mae.datasets import PhotoCrops, SearchSplit
from mmnas_mae.datasets.search_split import seeded
from mmnas_mae.registry import DATASETS
from mmnas_mae.utils.records import digest

AUGMENTATION = [
    dict(type='RandomCrop', crop_size=32, padding=4),
    dict(type='RandomFlip', prob=0.5),
    dict(type='mmnas_mae.PackImages'),
]


class Numbers(BaseDataset):
    """Samples without an image, known by their number."""

    def __init__(self, count, **kwargs):
        self.count = count
        super().__init__(serialize_data=False, **kwargs)

    def load_data_list(self):
        return [dict(img_path=f'{i}.png') for i in range(self.count)]


class NoLabels(dict):
    """An entry whose label raises when touched."""

    def _refuse(self, key):
        if key == 'gt_label':
            raise AssertionError('a label was read')

    def __getitem__(self, key):
        self._refuse(key)
        return super().__getitem__(key)

    def __contains__(self, key):
        self._refuse(key)
        return super().__contains__(key)

    def get(self, key, default=None):
        self._refuse(key)
        return super().get(key, default)

    def pop(self, key, *default):
        self._refuse(key)
        return super().pop(key, *default)


class UntouchableLabels(PhotoCrops):
    def get_data_info(self, idx):
        return NoLabels(super().get_data_info(idx), gt_label=3)


def draw(results):
    values = [random.random(), float(np.random.rand()), float(torch.rand(()))]
    return dict(sample_idx=results['sample_idx'], values=values)


def cut(count=100, parts=None, names=('weights', 'arch'), **kwargs):
    return [SearchSplit(Numbers(count), name, parts, **kwargs).indices.tolist() for name in names]


@pytest.mark.parametrize('shuffle', [True, False])
@pytest.mark.parametrize('count', [2, 25, 100])
def test_halves_are_disjoint_and_cover_everything(count, shuffle):
    weights, arch = cut(count, shuffle=shuffle)
    assert len(weights) == count // 2
    assert sorted(weights + arch) == list(range(count))


def test_parts_may_leave_a_rest():
    weights, arch = cut(12000, [('weights', 0.1), ('arch', 0.025)])
    assert (len(weights), len(arch)) == (1200, 300)
    assert not set(weights) & set(arch)


def test_borders_do_not_suffer_from_rounding():
    shares = [('a', 0.1), ('b', 0.2), ('c', 0.7)]
    assert [len(part) for part in cut(10, shares, 'abc')] == [1, 2, 7]
    shares = [(name, 0.1) for name in 'abcdefghij']
    assert [len(part) for part in cut(10, shares, 'abcdefghij')] == [1] * 10


def test_order_follows_the_seed():
    assert cut(seed=3) == cut(seed=3)
    assert cut(seed=3) != cut(seed=4)
    expected = torch.randperm(100, generator=torch.Generator().manual_seed(3)).tolist()
    assert sum(cut(seed=3), []) == expected
    assert cut(shuffle=False) == [list(range(50)), list(range(50, 100))]


def test_is_a_data_set_of_its_part():
    inner = Numbers(10, metainfo=dict(classes=('x',)))
    split = SearchSplit(inner, 'arch')
    assert split.metainfo == dict(classes=('x',))
    assert len(split) == 5
    assert [split.get_data_info(i)['sample_idx'] for i in range(5)] == split.indices.tolist()
    assert [sample['img_path'] for sample in split] == [f'{i}.png' for i in split.indices]


def test_full_init_initialises_the_data_set():
    inner = Numbers(10, lazy_init=True)
    assert len(SearchSplit(inner, 'arch')) == 5
    assert inner._fully_initialized


def test_a_pipeline_of_the_split_takes_the_place_of_that_of_the_data_set():
    config = dict(type='mmnas_mae.PhotoCrops', pipeline=[lambda info: 'inner'])
    split = SearchSplit(config, 'weights', pipeline=[lambda info: info['img_path']])
    assert split[0] == split.get_data_info(0)['img_path']
    with pytest.raises(ValueError, match='SearchSplit.pipeline is for a data set given as a config, got an object'):
        SearchSplit(Numbers(9), 'weights', pipeline=[])


def test_a_lazy_split_reads_nothing_until_it_is_asked():
    config = dict(type='mmnas_mae.PhotoCrops', metainfo=dict(classes=('a', 'b')))
    split = SearchSplit(config, 'weights', lazy_init=True)
    assert split.metainfo == dict(classes=('a', 'b'))
    assert not split.dataset._fully_initialized
    split.full_init()
    assert split.indices.tolist() == SearchSplit(config, 'weights').indices.tolist()


def collect(dataset, workers, epochs=(0, 1), **kwargs):
    """Batches of every epoch through one real loader."""
    loader = DataLoader(dataset, 8, num_workers=workers, persistent_workers=workers > 0, **kwargs)
    out = []
    for epoch in epochs:
        dataset.set_epoch(epoch)
        out.append(list(loader))
    return out


def test_augmentation_does_not_depend_on_workers_but_on_the_epoch():
    config = dict(type='mmnas_mae.PhotoCrops', split='val', pipeline=AUGMENTATION)
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        dataset = DATASETS.build(dict(type='mmnas_mae.SearchSplit', dataset=config, part='weights'))
    images = {
        workers: [torch.cat([b['inputs'] for b in epoch]) for epoch in collect(dataset, workers, collate_fn=stack)]
        for workers in (0, 2)
    }
    assert len(images[0][0]) == 105
    for epoch in (0, 1):
        assert torch.equal(images[0][epoch], images[2][epoch])
    changed = (images[0][0] != images[0][1]).flatten(1).any(1)
    assert changed.float().mean() > 0.9


def stack(samples):
    return dict(inputs=torch.stack([sample['inputs'] for sample in samples]))


def test_every_generator_is_seeded_by_seed_epoch_and_index():
    split = SearchSplit(Numbers(40, pipeline=[draw]), 'weights', seed=1)
    first = [split[i]['values'] for i in range(20)]
    assert [split[i]['values'] for i in reversed(range(20))] == first[::-1]
    assert len({value for values in first for value in values}) == 60
    whole = SearchSplit(Numbers(40, pipeline=[draw]), 'all', [('all', 1.0)], seed=1)
    by_index = {sample['sample_idx']: sample['values'] for sample in whole}
    assert [by_index[int(i)] for i in split.indices] == first
    split.set_epoch(1)
    assert split.epoch == 1
    assert all(split[i]['values'] != first[i] for i in range(20))
    other = SearchSplit(Numbers(40, pipeline=[draw]), 'all', [('all', 1.0)], seed=2)
    assert all(sample['values'] != by_index[sample['sample_idx']] for sample in other)


def test_pickled_copy_draws_the_same():
    split = SearchSplit(PhotoCrops(split='val', pipeline=[draw]), 'arch')
    split.set_epoch(4)
    copy = pickle.loads(pickle.dumps(split))
    assert copy.epoch == 4
    assert copy[5] == split[5]


def global_states():
    return random.getstate(), np.random.get_state(), torch.get_rng_state()


def same(first, second):
    return (
        first[0] == second[0]
        and all(np.array_equal(a, b) for a, b in zip(first[1], second[1]))
        and torch.equal(first[2], second[2])
    )


def test_global_random_state_is_untouched():
    def fail(results):
        draw(results)
        raise KeyError('x')

    before = global_states()
    split = SearchSplit(Numbers(10, pipeline=[draw]), 'arch')
    assert split[0]['values'] != split[1]['values']
    assert same(before, global_states())
    with pytest.raises(RuntimeError, match='cannot be read'):
        SearchSplit(Numbers(10, pipeline=[fail]), 'arch')[0]
    assert same(before, global_states())


def test_seeded_takes_any_whole_numbers():
    def value(*key):
        with seeded(*key):
            return draw(dict(sample_idx=0))['values']

    keys = [(0, 0, 0), (-1, 0, 0), (2**63 - 1, 5, 2**40), (0, 0, 1), (0, 1, 0)]
    assert len({tuple(value(*key)) for key in keys}) == len(keys)


def test_labels_that_raise_are_not_touched():
    with pytest.raises(AssertionError, match='a label was read'):
        UntouchableLabels(split='val')[0]['gt_label']
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        split = SearchSplit(UntouchableLabels(split='val', pipeline=AUGMENTATION), 'arch')
    for epoch in collect(split, 0, collate_fn=list):
        samples = sum(epoch, [])
        assert len(samples) == 105
        assert all('gt_label' not in sample['data_samples'] for sample in samples)


@pytest.mark.parametrize(
    'settings, message',
    [
        (dict(part='alpha'), r"^SearchSplit.part must be one of weights, arch, got 'alpha'$"),
        (dict(part='a', parts=[('a', 0.6), ('b', 0.5)]), r"sum to at most 1, got \[\('a', 0\.6\), \('b', 0\.5\)\]$"),
        (dict(part='a', parts=[('a', 0.0)]), 'SearchSplit.parts must have shares above 0'),
        (dict(part='a', parts=[('a', 0.5), ('b', -0.1)]), 'SearchSplit.parts must have shares above 0'),
        (dict(part='a', parts=[('a', 0.01), ('b', 0.5)]), "part 'a' is empty: share 0.01 of the 10 images of Numbers"),
        (dict(part='a', parts=[('a', 0.5), ('a', 0.1)]), 'SearchSplit.parts must have different names, got'),
        (dict(part='a', parts='a'), r"SearchSplit.parts must be a list of names and shares, such as \[.*, got 'a'$"),
        (dict(part='a', parts=[('a', '0.5')]), r"SearchSplit.parts must be a list of .*, got \[\('a', '0.5'\)\]$"),
        (
            # A dict as MMEngine writes it, sorted; the message has the order that the halves need.
            dict(part='arch', parts=dict(arch=0.3, heldout=0.1, weights=0.6)),
            r'^SearchSplit.parts must be a list in the order in which the images are cut, such as '
            r"\[\('weights', 0\.6\), \('arch', 0\.3\), \('heldout', 0\.1\)\], got a dict, whose order is no setting$",
        ),
    ],
)
def test_errors_of_settings(settings, message):
    with pytest.raises(ValueError, match=message) as info:
        SearchSplit(Numbers(10), **settings)
    assert '\n' not in str(info.value)


def test_the_record_is_a_hash_of_the_images_in_their_order():
    split = SearchSplit(Numbers(10), 'arch', seed=3)
    order = b''.join(int(index).to_bytes(8, 'little') for index in split.indices)
    assert split.record() == dict(
        images=digest(order), total=10, part='arch', parts=split.parts, seed=3, shuffle=split.shuffle
    )


def test_a_sample_given_up_by_its_pipeline_is_not_replaced():
    """BaseDataset would return another sample, possibly of the other part."""
    split = SearchSplit(Numbers(10, pipeline=[lambda results: None]), 'arch')
    index = int(split.indices[0])
    message = rf'^Numbers, image {index} \({index}\.png\), cannot be read: its pipeline returned None$'
    with pytest.raises(RuntimeError, match=message):
        split[0]


def test_a_split_of_a_split_is_disjoint_from_its_rest_and_augmented_by_its_own_seed_and_epoch():
    train = dict(parts=[('train', 0.5), ('heldout', 0.5)], seed=0)
    inner = SearchSplit(Numbers(40), 'train', **train)
    few = [SearchSplit(inner, part, [('few', 0.25), ('rest', 0.75)], seed=3) for part in ('few', 'rest')]
    seen = [{sample['sample_idx'] for sample in map(part.get_data_info, range(len(part)))} for part in few]
    assert [len(part) for part in few] == [5, 15]
    assert seen[0] | seen[1] == set(inner.indices.tolist())
    # Another seed draws others from the same part.
    other = SearchSplit(inner, 'few', [('few', 0.25)], seed=4)
    assert {inner.indices[i] for i in other.indices} != seen[0]
    assert few[0].record()['content'] == few[1].record()['content']
    moved = SearchSplit(SearchSplit(Numbers(40), 'train', train['parts'], seed=1), 'few', [('few', 0.25)], seed=3)
    assert moved.record()['content'] != few[0].record()['content']


def test_a_split_of_a_split_draws_transforms_anew_in_every_epoch():
    config = dict(type='mmnas_mae.PhotoCrops', split='train')
    inner = dict(type='mmnas_mae.SearchSplit', dataset=config, part='train', parts=[('train', 0.1)])

    def images(epoch, seed):
        with DefaultScope.overwrite_default_scope('mmpretrain'):
            split = SearchSplit(inner, 'few', [('few', 0.2)], seed=seed, pipeline=AUGMENTATION)
        split.set_epoch(epoch)
        return {int(split.dataset.indices[i]): split[n]['inputs'] for n, i in enumerate(split.indices)}

    first, second = images(0, 0), images(1, 0)
    assert first.keys() == second.keys()
    assert not all(torch.equal(first[key], second[key]) for key in first)
    assert all(torch.equal(first[key], value) for key, value in images(0, 0).items())
    shared = first.keys() & (third := images(0, 1)).keys()
    assert shared
    assert not all(torch.equal(first[key], third[key]) for key in shared)
