import io

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image
from scipy.sparse import lil_matrix
from scipy.sparse.linalg import spsolve

from mmnas_mae.models import PatchMaskGenerator
from mmnas_mae.models.reconstruction.trivial_fills import diffusion_fill, image_mean


def hole(side, top, bottom):
    mask = torch.zeros(1, 1, side, side)
    mask[..., top:bottom, top:bottom] = 1
    return mask


def masked_l1(prediction, images, mask):
    return float(((prediction - images).abs() * mask).sum() / (images.shape[1] * mask.sum()))


def test_image_mean_is_that_of_the_visible_pixels_of_each_channel():
    images = torch.randn(3, 2, 8, 8, dtype=torch.float64)
    mask = PatchMaskGenerator(2, 0.5)(images)
    out = image_mean(images, mask)
    for image, filled, m in zip(images, out, mask[:, 0].bool()):
        for channel, got in zip(image, filled):
            torch.testing.assert_close(got[m], channel[~m].mean().expand(int(m.sum())))
            assert torch.equal(got[~m], channel[~m])


def test_a_ramp_is_filled_exactly_from_inside_and_a_constant_from_anywhere():
    rows, cols = torch.meshgrid(2 * [torch.arange(16, dtype=torch.float64)], indexing='ij')
    ramp = (0.3 * rows - 0.7 * cols + 2)[None, None]
    out = diffusion_fill(ramp * (1 - hole(16, 3, 13)), hole(16, 3, 13), tolerance=1e-10)
    torch.testing.assert_close(out, ramp, rtol=0, atol=1e-7)
    constant = torch.full((1, 3, 16, 16), 0.1)
    assert torch.equal(diffusion_fill(constant, hole(16, 0, 9)), constant)


def test_what_is_masked_does_not_matter_and_what_is_visible_stays():
    images = torch.randn(4, 3, 16, 16)
    mask = PatchMaskGenerator(4, 0.5)(images)
    other = torch.where(mask > 0, torch.randn_like(images), images)
    for predict in (image_mean, diffusion_fill):
        out = predict(images, mask)
        assert torch.equal(torch.where(mask > 0, predict(other, mask), 0), torch.where(mask > 0, out, 0))
        assert torch.equal(torch.where(mask > 0, 0, out), torch.where(mask > 0, 0, images))


def test_the_fill_stays_between_the_visible_values():
    images = torch.randn(4, 3, 16, 16)
    mask = PatchMaskGenerator(4, 0.8)(images)
    out = diffusion_fill(images, mask)
    for image, filled, m in zip(images, out, mask[:, 0] > 0):
        seen = image[:, ~m]
        assert torch.all(filled[:, m] <= seen.amax(1, keepdim=True) + 1e-4)
        assert torch.all(filled[:, m] >= seen.amin(1, keepdim=True) - 1e-4)


def test_the_fill_is_the_direct_solution_of_the_linear_system():
    side = 12
    images = torch.randn(1, 1, side, side, dtype=torch.float64)
    mask = PatchMaskGenerator(2, 0.7)(images)
    masked = mask[0, 0].bool().numpy()
    index = {position: k for k, position in enumerate(zip(*np.nonzero(masked)))}
    matrix, right = lil_matrix((len(index), len(index))), np.zeros(len(index))
    for (i, j), k in index.items():
        for a, b in ((i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)):
            if not (0 <= a < side and 0 <= b < side):
                continue
            matrix[k, k] += 1
            if masked[a, b]:
                matrix[k, index[a, b]] = -1
            else:
                right[k] += images[0, 0, a, b]
    expected = spsolve(matrix.tocsr(), right)
    assert np.abs(diffusion_fill(images, mask)[0, 0].numpy()[masked] - expected).max() < 1e-4


def test_a_batch_is_solved_image_by_image():
    images = torch.randn(3, 3, 16, 16)
    mask = PatchMaskGenerator(4, 0.5)(images)
    alone = torch.cat([diffusion_fill(images[i : i + 1], mask[i : i + 1]) for i in range(3)])
    torch.testing.assert_close(diffusion_fill(images, mask), alone, rtol=0, atol=1e-4)


@pytest.fixture(scope='module')
def cifar(data_file):
    """512 images of CIFAR-10, normalised by its own mean and deviation."""
    rows = pq.read_table(data_file('cifar10_train_20k.parquet'), columns=['image'])['image'].slice(0, 512)
    pixels = np.stack([np.asarray(Image.open(io.BytesIO(row.as_py()))) for row in rows])
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2).float()
    mean, std = torch.tensor([125.3, 123.0, 113.9]), torch.tensor([63.0, 62.1, 66.7])
    return (images - mean.view(3, 1, 1)) / std.view(3, 1, 1)


@pytest.mark.parametrize('ratio, expected', [(0.2, 0.290), (0.5, 0.349), (0.8, 0.494)])
def test_on_photographs_the_fill_is_near_and_the_mean_far(cifar, ratio, expected):
    mask = PatchMaskGenerator(4, ratio)(cifar, keys=range(len(cifar)))
    fill, mean = (masked_l1(predict(cifar, mask), cifar, mask) for predict in (diffusion_fill, image_mean))
    print(f'ratio {ratio}: fill {fill:.3f}, mean {mean:.3f}')
    assert fill == pytest.approx(expected, rel=0.1)
    assert mean == pytest.approx(0.672, rel=0.1)
    assert fill < mean


def test_errors_name_the_argument():
    images = torch.zeros(2, 3, 4, 4)
    with pytest.raises(ValueError, match=r'mask must be \(2, 1, 4, 4\) for images of .*, got \(1, 1, 4, 4\)'):
        diffusion_fill(images, torch.zeros(1, 1, 4, 4))
    mask = torch.zeros(2, 1, 4, 4)
    mask[1] = 1
    with pytest.raises(ValueError, match=r'it leaves none of the images \[1\]'):
        image_mean(images, mask)
    with pytest.raises(RuntimeError, match='tolerance=1e-12 in max_iterations=1'):
        diffusion_fill(torch.randn(1, 1, 8, 8), hole(8, 2, 6), tolerance=1e-12, max_iterations=1)
