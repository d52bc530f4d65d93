"""What scorers draw on: a search model and real images."""

import copy
import os
from dataclasses import dataclass
from typing import Any, Mapping, NamedTuple, Optional, Union

import torch
from mmengine.config import Config
from mmengine.runner import Runner
from torch import Tensor, nn

from ..models import SearchModel
from ..models.build import build_search_model, model_settings
from ..models.checkpoint import read_checkpoint
from ..spaces import SearchSpace
from ..utils.config import read_config
from ..utils.ranges import INDEX
from ..utils.settings import explained
from ..utils.unwrap import unwrap


class Images(NamedTuple):
    """Images in memory, as the model sees them.

    Args:
        inputs (Tensor): (N, 3, H, W), normalised.
        samples: one data sample for each.
    """

    inputs: Tensor
    samples: list

    def take(self, indices: Any) -> dict[str, Any]:
        """A batch, as the arguments of the model's own methods."""
        indices = list(indices)
        return dict(inputs=self.inputs[indices], data_samples=[self.samples[i] for i in indices])

    def batches(self, size: int) -> list[dict[str, Any]]:
        """All images in order; the last batch may be smaller."""
        return [self.take(range(i, min(i + size, len(self.samples)))) for i in range(0, len(self.samples), size)]


@dataclass
class SearchRun:
    """A search model and images.

    Args:
        model: with its trained weights.
        heldout: images that scores are taken on.
        train: images to train stand-alone networks on.
        initial: state dict of the model before the search, for the angle.
        config: config of the model.
        trained: whether the weights of the model are those of a search.
    """

    model: SearchModel
    heldout: Optional[Images] = None
    train: Optional[Images] = None
    initial: Optional[Mapping[str, Tensor]] = None
    config: Optional[Mapping[str, Any]] = None
    trained: bool = True

    @property
    def space(self) -> SearchSpace:
        """The space that is searched."""
        return self.model.arch.space

    @classmethod
    def from_config(
        cls,
        config: Union[str, os.PathLike, Config],
        checkpoint: Union[None, str, os.PathLike] = None,
        initial: Union[None, str, os.PathLike] = None,
        heldout: int = 512,
        train: int = 0,
        cfg_options: Optional[Mapping[str, Any]] = None,
    ) -> 'SearchRun':
        """Builds the model of a search config and reads the first images of its loaders.

        Args:
            config: config of a search, or its file.
            checkpoint: of the search, or the weights stay random.
            initial: file of the weights before the search, ``initial_weights.pth`` of
                :class:`mmnas_mae.DiscreteSearchHook`.
            heldout: how many images of ``val_dataloader``.
            train: how many images of ``train_dataloader``.
            cfg_options: settings that override the config.

        Raises:
            FileNotFoundError: a file does not exist.
            ValueError: the config is none of a search.
        """
        cfg = read_config(config, cfg_options)
        model = build_search_model(cfg, checkpoint)
        model = model.to('cuda' if torch.cuda.is_available() else 'cpu')
        with explained(cfg):
            images = [
                load_images(cfg.get(loader), model, count)
                for loader, count in (('val_dataloader', heldout), ('train_dataloader', train))
            ]
        before = None if initial is None else _state(initial)
        return cls(model, *images, before, model_settings(cfg), checkpoint is not None)

    @classmethod
    def from_runner(
        cls, runner: Runner, heldout: int = 512, train: int = 0, initial: Union[None, str, os.PathLike] = None
    ) -> 'SearchRun':
        """The model of a runner as it is, with images of its config."""
        model = unwrap(runner.model)
        return cls(
            model,
            load_images(runner.cfg.get('val_dataloader'), model, heldout),
            load_images(runner.cfg.get('train_dataloader'), model, train),
            None if initial is None else _state(initial),
            model_settings(runner.cfg),
        )


def load_images(loader: Optional[Mapping[str, Any]], model: nn.Module, count: int) -> Optional[Images]:
    """The first images of a data loader's data set, preprocessed; fewer where it has fewer.

    Args:
        loader: config of the data loader; only its data set and how it is collated count.
        model: its data preprocessor is applied.
        count: how many; 0 gives None.

    Raises:
        ValueError: images are wanted and there is no loader, or their number is negative.
    """
    INDEX.check('the number of images to score or train with', count)
    if count == 0:
        return None
    if loader is None:
        raise ValueError(f'{count} images are wanted for scoring, but the config has no such data loader')
    cfg = dict(dataset=loader['dataset'], batch_size=min(count, 64), num_workers=0)
    cfg['sampler'] = dict(type='DefaultSampler', shuffle=False)
    cfg['collate_fn'] = loader.get('collate_fn', dict(type='default_collate'))
    inputs, samples = [], []
    for data in Runner.build_dataloader(copy.deepcopy(cfg), seed=0):
        data = model.data_preprocessor(data, False)
        inputs.append(data['inputs'])
        samples += data['data_samples'] or [None] * len(data['inputs'])
        if len(samples) >= count:
            break
    return Images(torch.cat(inputs)[:count], samples[:count])


def _state(file: Union[str, os.PathLike]) -> Mapping[str, Tensor]:
    content = read_checkpoint(file)
    return content.get('state_dict', content)
