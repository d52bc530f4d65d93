"""Images of any number of channels through every skeleton, its stand-alone network, the loss and the pictures."""

import random
from dataclasses import replace

import pytest
import torch

from mmnas_mae.apis import build_backbone, build_network
from mmnas_mae.models import MAENAS
from mmnas_mae.registry import MODELS
from mmnas_mae.spaces import get_space
from mmnas_mae.utils.images import reconstruction_grid

SMALL = {
    'darts_s0': dict(type='mmnas_mae.DARTSSupernet', init_channels=2, layers=3),
    'nasbench201': dict(type='mmnas_mae.NASBench201Supernet', init_channels=2, cells_per_stage=1),
    'nasbench101': dict(type='mmnas_mae.NASBench101Supernet', stem_channels=8, num_modules_per_stack=1),
    'transnas101_micro': dict(type='mmnas_mae.TransNASSupernet', init_channels=4),
}


def search(channels, patch_size=4, **backbone):
    return MAENAS(
        backbone=dict(SMALL['darts_s0'], in_channels=channels) | backbone,
        neck=dict(type='mmnas_mae.HierarchicalDecoder'),
        head=dict(type='mmnas_mae.MaskedReconstructionHead'),
        mask_generator=dict(type='mmnas_mae.PatchMaskGenerator', patch_size=patch_size, ratio=0.5),
        data_preprocessor=dict(
            type='mmnas_mae.SearchDataPreprocessor', mean=[100.0] * channels, std=list(range(50, 50 + channels))
        ),
    )


@pytest.mark.parametrize('space', SMALL)
@pytest.mark.parametrize('channels', [1, 5])
def test_every_skeleton_takes_them_and_its_genotype_remembers(space, channels, seed):
    supernet = MODELS.build(dict(SMALL[space], in_channels=channels))
    assert supernet.in_channels == supernet.macro['in_channels'] == channels
    features = supernet(torch.randn(2, channels, 32, 32))
    assert [feature.shape[1] for feature in features] == list(supernet.out_channels)
    with pytest.raises(RuntimeError, match='channels'):
        supernet(torch.randn(2, channels + 1, 32, 32))
    found = replace(get_space(space).random_genotype(random.Random(seed)), search=dict(supernet.macro))
    small = {key: value for key, value in supernet.macro.items() if key != 'in_channels'}
    assert build_backbone(found, **small).in_channels == channels
    network = build_network(found.space, found, 7, **small)
    assert network(torch.randn(2, channels, 32, 32)).shape == (2, 7)


@pytest.mark.parametrize('channels', [1, 2, 4, 16])
def test_the_loss_is_the_mean_over_masked_elements_of_all_channels(channels):
    model = search(channels)
    images = torch.randint(0, 256, (2, channels, 32, 32), dtype=torch.uint8)
    data = model.data_preprocessor(dict(inputs=images), training=False)
    expected = (images - 100.0) / torch.arange(50, 50 + channels).view(-1, 1, 1)
    torch.testing.assert_close(data['inputs'], expected)
    prepared = model.prepare(data['inputs'])
    reconstruction = model.reconstruct(**prepared)
    assert reconstruction.shape == (2, channels, 32, 32)
    masked = prepared['mask'].bool().expand_as(reconstruction)
    error = (reconstruction - data['inputs']).abs()[masked].mean()
    torch.testing.assert_close(model.head.loss(reconstruction, **prepared)['loss'], error)


def test_a_mean_for_other_channels_is_refused_rather_than_broadcast():
    preprocessor = search(4).data_preprocessor
    with pytest.raises(ValueError, match='mean has 4 numbers for images of 1 channels'):
        preprocessor(dict(inputs=torch.zeros(2, 1, 8, 8, dtype=torch.uint8)))
    with pytest.raises(ValueError, match=r'as many numbers in mean as in std, got \[1, 2\] and \[1\]'):
        MODELS.build(dict(type='mmnas_mae.SearchDataPreprocessor', mean=[1, 2], std=[1]))


@pytest.mark.parametrize(
    'side, settings, message',
    [
        (30, {}, 'images of 30x30 pixels .* patches of 4 .* stride 4: .* multiples of 4, such as 28 or 32'),
        (44, dict(patch_size=8), 'stride 4: .* multiples of 8, such as 40 or 48'),
        (48, dict(stem='imagenet'), 'stride 32: .* multiples of 32, such as 32 or 64'),
    ],
)
def test_a_size_that_does_not_fit_names_one_that_does(side, settings, message):
    model = search(3, **settings)
    images = torch.randn(1, 3, side, side)
    for draw in (model.prepare, model.predict):
        with pytest.raises(ValueError, match=message):
            draw(images)


@pytest.mark.parametrize('channels, shown', [(1, [0, 0, 0]), (3, [0, 1, 2]), (5, [0, 1, 2])])
def test_pictures_show_the_first_three_channels(channels, shown):
    images = torch.rand(2, channels, 96, 96)
    mask = torch.zeros(2, 1, 96, 96)
    one = torch.ones(1, 1, 1)
    grid = reconstruction_grid(images, mask, images, 0 * one, 255 * one)
    tile = torch.from_numpy(grid[2:98, 2:98]).permute(2, 0, 1)
    torch.testing.assert_close(tile.float(), (255 * images[0, shown]).round())
    two = reconstruction_grid(images[:, :1].repeat(1, 2, 1, 1), mask, images[:, :1], 0 * one, 255 * one)
    assert not two[2:98, 2:98, 2].any()


@pytest.mark.parametrize('kind, head', [('ColorizationSearch', 'PixelHead'), ('JigsawSearch', 'LinearHead')])
def test_tasks_of_colours_refuse_other_images(kind, head):
    config = dict(
        type=f'mmnas_mae.{kind}', backbone=dict(SMALL['darts_s0'], in_channels=4), head=dict(type=f'mmnas_mae.{head}')
    )
    with pytest.raises(ValueError, match=rf'{kind} needs RGB images, so backbone\.in_channels=3.*, got 4'):
        MODELS.build(config)
