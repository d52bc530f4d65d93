"""Reconstructions of any image, as an inferencer of mmpretrain gives them."""

import os
from pathlib import Path
from typing import Any, Callable, Iterator, Mapping, Optional, Sequence, Union

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import Compose, default_collate
from mmengine.structures import BaseDataElement
from mmengine.visualization import Visualizer
from mmpretrain.apis.base import BaseInferencer
from mmpretrain.registry import TRANSFORMS
from PIL import Image

from ..datasets.image_folder import list_images
from ..models import MAENAS
from ..models.build import build_search_model
from ..utils.config import read_config
from ..utils.images import reconstruction_grid
from .inferencer_config import ImageLike, heldout_pipeline, read_source


class ReconstructionInferencer(BaseInferencer):
    """Masks images and reconstructs them with the search network, as an inferencer of mmpretrain.

    An image is read, resized and cut as the config does with held-out images; what still does not fit the patches and
    strides of the network is cut at its middle. The mask of an image depends on its place among the inputs and on the
    seed of the config alone.

    Args:
        config: file of the config of a search by masked reconstruction, or that config.
        checkpoint: of the search; None leaves the weights as they are drawn.
        device: where it runs, by default the CPU.
        cfg_options: settings that override the config.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the config reconstructs no pixels, or the checkpoint is of another search.

    Example:
        >>> inferencer = ReconstructionInferencer('config.py', 'work_dir/epoch_50.pth')
        >>> result = inferencer('photo.jpg', show_dir='figures')[0]
        >>> result['reconstruction'], result['mask'], result['error']
    """

    visualize_kwargs = {'show', 'show_dir', 'wait_time'}

    def __init__(
        self,
        config: Union[str, os.PathLike, Config],
        checkpoint: Union[None, str, os.PathLike] = None,
        device: Union[None, str, torch.device] = None,
        cfg_options: Optional[Mapping[str, Any]] = None,
    ) -> None:
        cfg = read_config(config, cfg_options)
        model = build_search_model(cfg, checkpoint)
        if not isinstance(model, MAENAS):
            raise ValueError(
                f'config {str(cfg.filename)!r} reconstructs nothing: its objective is {type(model).__name__}'
            )
        model._config = cfg
        super().__init__(model, pretrained=False, device=device)

    def __call__(
        self,
        inputs: Union[ImageLike, Sequence[ImageLike]],
        return_datasamples: bool = False,
        batch_size: int = 1,
        **kwargs: Any,
    ) -> list:
        """
        Args:
            inputs: a file, a folder (with all below it), an array (H, W, C) or (H, W), RGB where it has colours, or a
                list of files and arrays.
            return_datasamples: whether the results are what the model gives, in normalised pixels.
            batch_size: images at the same time, which must then come out of the pipeline in one size.
            kwargs: ``show_dir``, a folder for the figures; ``show``, whether they are shown in a window, for
                ``wait_time`` seconds, 0 until a key is pressed.

        Returns:
            list[dict]: for each image ``image`` and ``reconstruction`` (H, W, C) uint8, ``mask`` (H, W), True where it
            was masked, ``error``, the mean absolute error over masked pixels in normalised pixels, ``loss``, that of
            the objective, and ``figure`` (h, w, 3) uint8: original, masked, and filled in where it was masked.

        Raises:
            FileNotFoundError: there is no such file, or no image in a folder.
            RuntimeError: an image cannot be read.
            ValueError: an image is smaller than a patch, or the images of a batch differ in size.
        """
        return super().__call__(inputs, return_datasamples, batch_size, **kwargs)

    def _inputs_to_list(self, inputs: Any) -> list:
        inputs = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
        found = []
        for source in inputs:
            if isinstance(source, (str, os.PathLike)) and Path(source).is_dir():
                names = list_images(source).names
                if not names:
                    raise FileNotFoundError(f'folder {os.fspath(source)!r} holds no image')
                found += [str(Path(source, name)) for name in names]
            else:
                found.append(source)
        return found

    def _init_pipeline(self, cfg: Config) -> Callable:
        pipeline, self.reader = heldout_pipeline(cfg)
        return Compose([TRANSFORMS.build(step) for step in pipeline])

    def preprocess(self, inputs: list, batch_size: int = 1, **kwargs: Any) -> Iterator[Any]:
        """Batches of images as the model takes them.

        Args:
            inputs: files and arrays.
            batch_size: images in a batch.
        """
        for batch in self._get_chunk_data((self._load(*pair) for pair in enumerate(inputs)), batch_size):
            sizes = {tuple(image['inputs'].shape) for image in batch}
            if len(sizes) > 1:
                raise ValueError(f'the images of a batch must be of one size, got {sorted(sizes)}: use batch_size=1')
            yield default_collate(batch)

    def _load(self, place: int, source: ImageLike) -> dict:
        image = read_source(source, self.reader, place)
        path = None if isinstance(source, np.ndarray) else os.fspath(source)
        shape = image.shape[:2]
        data = self.pipeline(dict(img=image, img_shape=shape, ori_shape=shape, sample_idx=place, img_path=path))
        data['inputs'] = self._cut(data['inputs'])
        return data

    def _cut(self, image: torch.Tensor) -> torch.Tensor:
        """The middle of (C, H, W) whose sides are multiples of what the network needs; a smaller one as it is."""
        step = self.model.fitting_step
        for axis in (1, 2):
            side = image.shape[axis]
            kept = side - side % step or side
            image = image.narrow(axis, (side - kept) // 2, kept)
        return image

    def visualize(
        self,
        inputs: list,
        preds: Sequence[BaseDataElement],
        show: bool = False,
        show_dir: Union[None, str, os.PathLike] = None,
        wait_time: float = 0,
    ) -> list[np.ndarray]:
        """The figures.

        Args:
            inputs: files and arrays.
            preds: what the model gives for each.
            show: whether they are shown in a window.
            show_dir: folder that they are written to, by the name of the file or the place among the inputs.
            wait_time: seconds that a window stays, 0 until a key is pressed.

        Raises:
            ValueError: the target of the search gives no pixels.
        """
        preprocessor = self.model.data_preprocessor
        figures = []
        for place, (source, sample) in enumerate(zip(inputs, preds)):
            if 'reconstruction' not in sample:
                raise ValueError('this search compares no pixels: its target gives no picture')
            parts = (getattr(sample, name)[None] for name in ('image', 'mask', 'reconstruction'))
            figure = reconstruction_grid(*parts, preprocessor.mean, preprocessor.std)
            figures.append(figure)
            name = str(place) if isinstance(source, np.ndarray) else Path(source).stem
            if show_dir is not None:
                Path(show_dir).mkdir(parents=True, exist_ok=True)
                # Files of several folders may have one name.
                Image.fromarray(figure).save(Path(show_dir, f'{place:04d}_{name}.png'))
            if show:
                Visualizer().show(figure, win_name=name, wait_time=wait_time)
        return figures

    def postprocess(
        self, preds: Sequence[BaseDataElement], visualization: list[np.ndarray], return_datasamples: bool = False
    ) -> list:
        """One dict for each image, as :meth:`__call__` says.

        Args:
            preds: what the model gives.
            visualization: the figures.
            return_datasamples: whether ``preds`` are wanted as they are.
        """
        if return_datasamples:
            return list(preds)
        return [
            dict(
                image=self._pixels(sample.image),
                reconstruction=self._pixels(sample.reconstruction),
                mask=sample.mask[0].bool().cpu().numpy(),
                error=float(sample.l1),
                loss=float(sample.loss),
                figure=figure,
            )
            for sample, figure in zip(preds, visualization)
        ]

    def _pixels(self, image: torch.Tensor) -> np.ndarray:
        """(C, H, W) normalised -> (H, W, C) uint8."""
        preprocessor = self.model.data_preprocessor
        pixels = image * preprocessor.std + preprocessor.mean
        return pixels.clamp(0, 255).round().byte().permute(1, 2, 0).cpu().numpy()
