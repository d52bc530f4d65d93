"""How images of one's own go the way of the held-out images of a search, in inferencers."""

import os
from pathlib import Path
from typing import Any, Mapping, Optional, Union

import numpy as np
from mmengine.config import Config

from ..datasets.decode_image import Pixels
from ..datasets.read_image import ImageReader
from ..models.build import model_settings
from ..utils.config import read_config

ImageLike = Union[str, os.PathLike, np.ndarray]

#: What says how images are read, of data sets and loading steps of this package.
_READING = ('channels', 'value_range', 'channel_order', 'max_pixels')


def inferencer_config(
    config: Union[str, os.PathLike, Config], cfg_options: Optional[Mapping[str, Any]] = None
) -> Config:
    """The config of a search as mmpretrain's own inferencers need it.

    They look for the pipeline in one place, and read files as BGR where most searches read RGB.

    Args:
        config: file of the config of a search, or that config.
        cfg_options: settings that override it.

    Raises:
        As :func:`mmnas_mae.utils.config.read_config`; ValueError too where the config has no held-out images.

    Example:
        >>> FeatureExtractor(inferencer_config('config.py'), 'work_dir/epoch_50.pth')('photo.jpg')
    """
    cfg = read_config(config, cfg_options)
    pipeline, reader = heldout_pipeline(cfg)
    cfg.test_dataloader = dict(dataset=dict(type='mmnas_mae.ImageFolder', data_root='', pipeline=pipeline))
    settings = model_settings(cfg)
    if reader.channels == 3 and reader.channel_order == 'rgb':
        settings['data_preprocessor'] = dict(settings['data_preprocessor'], bgr_to_rgb=True)
    cfg.model = settings
    return cfg


def heldout_pipeline(cfg: Config) -> tuple[list[dict], ImageReader]:
    """The transforms of the held-out images without a loading step, and how their files are read.

    Raises:
        ValueError: the config has no held-out images.
    """
    loader = cfg.get('test_dataloader') or cfg.get('val_dataloader')
    if not loader:
        raise ValueError(f'config {str(cfg.filename)!r} has no val_dataloader, whose pipeline images pass through')
    dataset, pipeline = loader.dataset, loader.dataset.get('pipeline')
    while 'dataset' in dataset:
        dataset = dataset.dataset
        pipeline = pipeline or dataset.get('pipeline')
    pipeline = [step.to_dict() for step in pipeline or []]
    loading = [step for step in pipeline if step['type'].rpartition('.')[2] == 'LoadImageFromFile']
    settings = model_settings(cfg)
    # What the preprocessor turns round comes the other way; everything else here is RGB.
    turned = (settings.get('data_preprocessor') or {}).get('bgr_to_rgb')
    known = dict(channel_order='bgr' if turned else 'rgb', channels=settings['backbone'].get('in_channels', 3))
    for source in (dataset, *loading):
        known.update({key: source[key] for key in _READING if source.get(key) is not None})
    return [step for step in pipeline if step not in loading], ImageReader(**known)


def read_source(source: ImageLike, reader: ImageReader, place: int = 0) -> np.ndarray:
    """An image as the data set of a search reads it: (H, W, C) uint8.

    Args:
        source: a file, or an array (H, W, C) or (H, W) of any number type, RGB where it has colours.
        reader: how it is read.
        place: its number, for messages.

    Raises:
        FileNotFoundError: there is no such file.
        RuntimeError: it cannot be read so.
        ValueError: the array has another shape.
    """
    if not isinstance(source, np.ndarray):
        if not Path(source).is_file():
            raise FileNotFoundError(f'image {os.fspath(source)!r} does not exist')
        return reader(source)
    values = source[..., None] if source.ndim == 2 else source
    if values.ndim != 3 or 0 in values.shape:
        raise ValueError(f'image {place} must be (H, W, C) or (H, W), got an array of {source.shape}')
    return reader.fit(Pixels(values, values.shape[2] <= 4), f'image {place}')
