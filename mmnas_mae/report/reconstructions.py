"""What several searches reconstruct of the same masked images (Figure 3)."""

from dataclasses import dataclass
from typing import Sequence

import numpy as np
import torch
from matplotlib.figure import Figure

from ..discrete import SearchRun
from ..models import MAENAS
from ..utils.checkpoints.files import last_checkpoint
from ..utils.images import reconstruction_grid
from ..utils.pictures import new_figure
from ..utils.seeding import kept_random_state
from .recorded_config import buildable_config
from .search_history import SearchHistory


@dataclass(frozen=True)
class Reconstructions:
    """Reconstructions of the same images under the same masks.

    Args:
        rows (list[np.ndarray]): pictures of equal size, uint8 (height, width, 3): originals,
            masked images, then the reconstructions of each search.
        losses: masked L1 of each search, in normalised pixels, whatever its loss.
    """

    rows: list[np.ndarray]
    losses: list[float]


def compare_reconstructions(histories: Sequence[SearchHistory], num_images: int = 8) -> Reconstructions:
    """Runs the search networks of several searches, as of their last checkpoints.

    The images are the first held-out ones of the first search, and its masks hold for all.

    Raises:
        FileNotFoundError: a search has no config or checkpoint.
        ValueError: a search reconstructs nothing, or normalises its images otherwise.
    """
    runs = [_load(history, num_images if history is histories[0] else 0) for history in histories]
    first, (images, samples) = runs[0].model, runs[0].heldout
    grids, losses = [], []
    with torch.no_grad(), kept_random_state():
        mask = first.fixed_mask(images, samples)
        mean, std = first.data_preprocessor.mean, first.data_preprocessor.std
        for history, run in zip(histories, runs):
            own = run.model.data_preprocessor
            if not (torch.equal(own.mean, mean) and torch.equal(own.std, std)):
                raise ValueError(f'{history.folder} normalises its images otherwise than {histories[0].folder}')
            run.model.eval()
            torch.manual_seed(0)  # for relaxations that draw
            results = run.model.judge(run.model.reconstruct(images, mask), images, samples, mask)
            if 'reconstruction' not in results[0]:
                raise ValueError(f'{history.folder} compares no pixels: its target gives no picture')
            losses.append(float(torch.stack([result.l1 for result in results]).mean()))
            output = torch.stack([result.reconstruction for result in results])
            grids.append(np.split(reconstruction_grid(images, mask, output, mean, std), 3))
    return Reconstructions([*grids[0][:2], *(grid[2] for grid in grids)], losses)


def reconstructions_figure(found: Reconstructions, labels: Sequence[str]) -> Figure:
    """One row for each kind of picture, with its label at the left.

    Args:
        labels: one for each search.
    """
    height, width, _ = found.rows[0].shape
    texts = ['original', 'masked', *(f'{label}\nmasked L1 {loss:.3f}' for label, loss in zip(labels, found.losses))]
    size = 10 / width
    figure = new_figure(12, len(found.rows) * (height * size + 0.1))
    figure.set_layout_engine('compressed')  # the one that knows of pictures, whose sides have a fixed ratio
    for axis, row, text in zip(figure.subplots(len(found.rows), 1), found.rows, texts):
        axis.imshow(row, interpolation='nearest')
        axis.set_yticks([height / 2], [text], fontsize=10)
        axis.set_xticks([])
        axis.tick_params(length=0)
        axis.spines[:].set_visible(False)
    return figure


def _load(history: SearchHistory, heldout: int) -> SearchRun:
    if history.config is None:
        raise FileNotFoundError(f'{history.folder} has no config')
    config = buildable_config(history.config, f'config {str(history.config_file)!r}')
    run = SearchRun.from_config(config, last_checkpoint(history.folder), heldout=heldout)
    if not isinstance(run.model, MAENAS):
        raise ValueError(f'{history.folder} reconstructs nothing: its objective is {type(run.model).__name__}')
    return run
