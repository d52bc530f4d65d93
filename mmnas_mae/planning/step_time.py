"""How long a step of a search takes on a machine."""

import copy
import time
from typing import Callable, NamedTuple

import torch
from mmengine.config import Config

from ..engine.arch_grad import first_order, gradients
from ..engine.step import step_loss
from ..models.build import build_search_model

#: On a GPU, where the first steps compile kernels and record graphs, the figures of docs/speed.md: seconds of a whole
#: step of S0 (C=16, 8 layers) on 64 images of 32 x 32, captured, the share of the alpha step, and the memory.
GPU, GPU_SECONDS, ALPHA_SHARE, GPU_BYTES = 'NVIDIA H200', 0.105, 1.6 / 3.45, 5.06e9
#: Images and positions of the features of that step.
BATCH, POSITIONS = 64, 32 * 32


class StepTime(NamedTuple):
    """Seconds of the two halves of a step.

    Args:
        weights, alpha: seconds of a step of the weights and of alpha.
        source: where they are from, for a reader.
    """

    weights: float
    alpha: float
    source: str

    def of_search(self, steps: int, epochs: int, warmup: float) -> float:
        """Seconds of a search without validation and checkpoints.

        Args:
            steps: of an epoch.
            warmup: share of the epochs in which alpha rests.
        """
        return steps * epochs * (self.weights + (1 - warmup) * self.alpha)


def published_time(work: float) -> StepTime:
    """The time on a GPU by docs/speed.md.

    Args:
        work: images times positions of the features, in units of the step that was measured there.
    """
    seconds = GPU_SECONDS * work
    source = f'in proportion to {GPU_SECONDS} s for {BATCH} images of 32 pixels on one {GPU} (docs/speed.md)'
    return StepTime((1 - ALPHA_SHARE) * seconds, ALPHA_SHARE * seconds, source)


def measured_time(cfg: Config, size: int) -> StepTime:
    """The time on this machine's processor: of a step of the weights and one of alpha on random images, after another.

    The random state is left as it was.

    Args:
        cfg: config of the search, complete.
        size: side of its images in pixels.
    """
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = build_search_model(copy.deepcopy(cfg)).train()
        shape = (cfg.model.backbone.in_channels, size, size)
        images = [torch.randint(0, 256, shape, dtype=torch.uint8) for _ in range(cfg.train_dataloader.batch_size)]
        batch = dict(inputs=images)
        weights, alphas = model.weight_parameters(), model.arch_parameters()

        def alpha_step() -> None:
            first_order(step_loss(model, None, batch, alpha_step=True), alphas, weights)

        def weight_step() -> None:
            gradients(step_loss(model, None, batch), weights)

        alpha_step()
        weight_seconds, alpha_seconds = _seconds(weight_step), _seconds(alpha_step)
    return StepTime(
        weight_seconds, alpha_seconds, f'measured on the processor: {weight_seconds + alpha_seconds:.2g} s a step'
    )


def _seconds(call: Callable[[], None]) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin
