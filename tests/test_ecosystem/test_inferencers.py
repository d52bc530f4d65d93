"""mmpretrain's inferencers on searches, on photographs and arrays."""

from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmpretrain import FeatureExtractor
from PIL import Image
from skimage import data

from mmnas_mae.ecosystem.inferencer_config import inferencer_config
from mmnas_mae.ecosystem.reconstruction_inferencer import ReconstructionInferencer
from mmnas_mae.models.build import build_search_model
from mmnas_mae.utils.config import read_config
from mmnas_mae.utils.images import reconstruction_grid


@pytest.fixture
def photo() -> np.ndarray:
    """RGB, 70 x 52 pixels; the network needs multiples of 4."""
    return np.ascontiguousarray(data.astronaut()[100:170, 200:252])


@pytest.fixture
def checkpoint(search_cfg, tmp_path) -> Path:
    """Weights that differ from those that a model is drawn with."""
    torch.manual_seed(5)
    model = build_search_model(read_config(search_cfg))
    torch.save(dict(state_dict=model.state_dict()), tmp_path / 'epoch_1.pth')
    return tmp_path / 'epoch_1.pth'


def direct(cfg: Config, checkpoint: Path, images: list[np.ndarray]):
    """What the model itself says of RGB images."""
    model = build_search_model(read_config(cfg), checkpoint).eval()
    batch = torch.stack([torch.from_numpy(image).permute(2, 0, 1) for image in images])
    inputs = model.data_preprocessor(dict(inputs=batch), False)['inputs']
    with torch.no_grad():
        return model, inputs, model.predict(inputs)


def test_a_reconstruction_is_that_of_the_model(search_cfg, checkpoint, photo, tmp_path):
    found = ReconstructionInferencer(search_cfg, checkpoint)([photo, photo[::-1]], show_dir=tmp_path / 'figures')
    cut = photo[1:69]
    model, _, expected = direct(search_cfg, checkpoint, [cut, np.ascontiguousarray(photo[::-1][1:69])])
    mean, std = model.data_preprocessor.mean, model.data_preprocessor.std
    for result, sample in zip(found, expected):
        assert result['image'].shape == result['reconstruction'].shape == (68, 52, 3)
        assert result['mask'].shape == (68, 52)
        assert np.array_equal(result['mask'], sample.mask[0].bool().numpy())
        assert result['error'] == pytest.approx(float(sample.l1), rel=1e-5)
        assert result['loss'] == pytest.approx(float(sample.loss), rel=1e-5)
        grid = reconstruction_grid(sample.image[None], sample.mask[None], sample.reconstruction[None], mean, std)
        assert np.abs(result['figure'].astype(int) - grid).max() <= 1
    assert np.array_equal(found[0]['image'], cut)
    assert not np.array_equal(found[0]['mask'], found[1]['mask'])
    files = sorted(path.name for path in (tmp_path / 'figures').iterdir())
    assert files == ['0000_0.png', '0001_1.png']
    assert np.array_equal(np.asarray(Image.open(tmp_path / 'figures' / files[0])), found[0]['figure'])


def test_the_error_is_the_mean_over_masked_pixels(search_cfg, checkpoint, photo):
    inferencer = ReconstructionInferencer(search_cfg, checkpoint)
    (sample,) = inferencer(photo, return_datasamples=True)
    (result,) = inferencer(photo)
    masked = sample.mask.bool().expand_as(sample.image)
    assert result['error'] == pytest.approx(
        float((sample.image - sample.reconstruction)[masked].abs().mean()), rel=1e-5
    )
    assert result['mask'].mean() == pytest.approx(float(sample.mask.mean()))


def test_files_folders_and_batches_give_the_same(search_cfg, checkpoint, photo, tmp_path):
    folder = tmp_path / 'images'
    (folder / 'below').mkdir(parents=True)
    Image.fromarray(photo).save(folder / 'a.png')
    Image.fromarray(photo[::-1]).save(folder / 'below' / 'b.png')
    (folder / 'notes.txt').write_text('no image')
    inferencer = ReconstructionInferencer(search_cfg, checkpoint)
    expected = [result['error'] for result in inferencer([photo, photo[::-1]])]
    for inputs in (str(folder), folder, [folder / 'a.png', str(folder / 'below' / 'b.png')]):
        assert [result['error'] for result in inferencer(inputs)] == expected
    assert [r['error'] for r in inferencer(folder, batch_size=2)] == pytest.approx(expected, rel=1e-5)


def test_the_pipeline_of_the_config_resizes_and_cuts(search_cfg, checkpoint, photo):
    cfg = search_cfg.copy()
    steps = [dict(type='ResizeEdge', scale=32, edge='short'), dict(type='CenterCrop', crop_size=16)]
    cfg.test_dataloader = dict(
        dataset=dict(type='mmnas_mae.ImageFolder', pipeline=[*steps, dict(type='mmnas_mae.PackImages')])
    )
    (result,) = ReconstructionInferencer(cfg, checkpoint)(photo)
    assert result['image'].shape == (16, 16, 3)


def test_other_channels_than_colours(search_cfg):
    cfg = read_config(search_cfg)
    cfg.model.backbone.in_channels = 4
    cfg.data_preprocessor = dict(type='mmnas_mae.SearchDataPreprocessor', padding=0, mean=[100.0] * 4, std=[50.0] * 4)
    bands = np.random.default_rng(0).integers(0, 256, (16, 16, 4), np.uint8)
    (result,) = ReconstructionInferencer(cfg)(bands)
    assert np.array_equal(result['image'], bands)


def test_wrong_inputs_are_named(search_cfg, checkpoint, photo, tmp_path):
    inferencer = ReconstructionInferencer(search_cfg, checkpoint)
    with pytest.raises(FileNotFoundError, match="image 'nowhere.png' does not exist"):
        inferencer('nowhere.png')
    (tmp_path / 'empty').mkdir()
    with pytest.raises(FileNotFoundError, match='empty.* holds no image'):
        inferencer(tmp_path / 'empty')
    with pytest.raises(ValueError, match=r'image 0 must be \(H, W, C\) or \(H, W\), got an array of \(2, 3, 4, 5\)'):
        inferencer(np.zeros((2, 3, 4, 5), np.uint8))
    with pytest.raises(ValueError, match='the images of a batch must be of one size, .*: use batch_size=1'):
        inferencer([photo, photo[:40]], batch_size=2)
    with pytest.raises(ValueError, match='both sides must be multiples of 4'):
        inferencer(photo[:3, :3])
    with pytest.raises(ValueError, match='unknown argument'):
        inferencer(photo, shown=True)


def test_a_search_that_reconstructs_nothing_is_refused(repository):
    config = repository / 'configs/search/unnas-rotation_darts-s0_1xb64-50e_cifar10.py'
    with pytest.raises(ValueError, match='reconstructs nothing: its objective is RotationSearch'):
        ReconstructionInferencer(config, cfg_options={'model.backbone.init_channels': 2, 'model.backbone.layers': 3})


@pytest.mark.parametrize('bgr', [False, True])
def test_the_feature_extractor_of_mmpretrain_sees_the_colours(search_cfg, checkpoint, photo, tmp_path, bgr):
    cut = np.ascontiguousarray(photo[:64, :48])
    Image.fromarray(cut).save(tmp_path / 'photo.png')
    _, inputs, _ = direct(search_cfg, checkpoint, [cut])
    if bgr:
        # As the searches on ImageNet: files are read as BGR and turned to RGB.
        search_cfg.data_preprocessor.bgr_to_rgb = True
    extractor = FeatureExtractor(inferencer_config(search_cfg), str(checkpoint))
    (features,) = extractor(str(tmp_path / 'photo.png'))
    with torch.no_grad():
        expected = extractor.model.backbone(inputs)
    assert len(features) == 3
    for feature, other in zip(features, expected):
        assert torch.allclose(feature, other[0], atol=1e-5)
    assert extractor.model.extract_feat(inputs)[0].shape == expected[0].shape
