"""How fast a search step runs: the plain execution of the public search code beside ours."""

import statistics
import time
from contextlib import contextmanager, nullcontext
from typing import Any, Callable, Iterator, Optional

import torch
from device_rates import Traffic, peak_memory
from mmengine.optim import OptimWrapper, OptimWrapperDict
from torch import Tensor, nn

from mmnas_mae.engine import second_order
from mmnas_mae.engine.arch_grad import gradients
from mmnas_mae.engine.execution.captured_losses import CapturedLosses, CUDAGraphs, rerun
from mmnas_mae.engine.step import arch_step, mean_over_ranks
from mmnas_mae.models import DepthwiseConv2d, SearchModel, fast_layout
from mmnas_mae.models.layers.masked_norm import fuse_norms
from mmnas_mae.registry import MODELS

EXECUTIONS = ('plain', 'ours')
#: Ours, replayed from CUDA graphs.
CAPTURED = 'captured'
STEPS = ('alpha', 'weights')


@contextmanager
def reference_execution(model: nn.Module) -> Iterator[None]:
    """Lets ``model`` run as the public search code does, on the same parameters.

    Depthwise convolutions are the library's, and cells run edge by edge.
    """
    replaced, grouped = [], []
    for parent in list(model.modules()):
        for name, child in parent.named_children():
            if isinstance(child, DepthwiseConv2d):
                replaced.append((parent, name, child))
        if getattr(parent, 'grouped', False):
            grouped.append(parent)
    try:
        for parent, name, child in replaced:
            setattr(parent, name, _library_convolution(child))
        for module in grouped:
            module.grouped = False
        yield
    finally:
        for parent, name, child in replaced:
            setattr(parent, name, child)
        for module in grouped:
            module.grouped = True


def _library_convolution(conv: DepthwiseConv2d) -> nn.Conv2d:
    plain = nn.Conv2d(
        conv.in_channels,
        conv.out_channels,
        conv.kernel_size,
        conv.stride,
        conv.padding,
        conv.dilation,
        conv.groups,
        bias=False,
        device='meta',
    )
    plain.weight = conv.weight
    return plain.train(conv.training)


class SearchStep:
    """The two steps of a search iteration on random images, with the optimizers of DARTS.

    Args:
        backbone: config of the search network.
        batch_size: images of each of the two batches.
        image_size: side of an image in pixels.
        order: of the alpha gradient, 1 or 2.
        device: where it runs.
        wrap: wraps the model for the weight step, such as DDP.
    """

    def __init__(
        self,
        backbone: dict,
        batch_size: int,
        image_size: int = 32,
        order: int = 1,
        device: str = 'cpu',
        wrap: Callable[[nn.Module], nn.Module] = lambda model: model,
    ) -> None:
        self.order = order
        #: Whether captured steps normalise by kernels of our own.
        self.fused = True
        self.device = torch.device(device)
        self.model: SearchModel = MODELS.build(
            dict(
                type='mmnas_mae.MAENAS',
                backbone=backbone,
                neck=dict(type='mmnas_mae.HierarchicalDecoder'),
                head=dict(type='mmnas_mae.MaskedReconstructionHead'),
                mask_generator=dict(type='mmnas_mae.PatchMaskGenerator', patch_size=4, ratio=0.5),
            )
        )
        self.model.to(device).train()
        self.weights = self.model.weight_parameters()
        self.wrapped = wrap(self.model)
        fused = dict(fused=True) if self.device.type == 'cuda' else {}
        self.sgd = torch.optim.SGD(self.weights, lr=0.025, momentum=0.9, weight_decay=3e-4, **fused)
        self.adam = torch.optim.Adam(
            self.model.arch_parameters(), lr=3e-4, betas=(0.5, 0.999), weight_decay=1e-3, **fused
        )
        self.wrappers = OptimWrapperDict(weights=OptimWrapper(self.sgd), arch=OptimWrapper(self.adam))
        self.captured = CapturedLosses(CUDAGraphs() if self.device.type == 'cuda' else rerun)
        #: Takes the loss of each step of ours.
        self.keep: Callable[[Tensor], None] = lambda loss: None
        self.batches = [torch.randn(batch_size, 3, image_size, image_size, device=device) for _ in STEPS]

    @contextmanager
    def execution(self, name: str) -> Iterator[None]:
        """The context in which the steps run as ``name`` says."""
        self.model.execution = self.captured if name == CAPTURED else None
        fuse_norms(self.model, self.fused and name == CAPTURED)
        with reference_execution(self.model) if name == 'plain' else nullcontext():
            yield
        self.model.execution = None

    def alpha(self, execution: str) -> None:
        """The alpha step. The plain one computes the gradient of every weight on the way (as DARTS does)."""
        if execution != 'plain':
            batches = (dict(inputs=images) for images in self.batches)
            self.keep(arch_step(self.model, self.wrappers, *batches, self.order))
            return
        alphas = self.model.arch_parameters()
        val_loss = self._plain_loss(self.batches[0])
        if self.order == 1:
            grads = gradients(val_loss, [*alphas, *self.weights])[0][: len(alphas)]
        else:
            # Drawn here, since both executions have to draw the same masks.
            train_loss, buffers = self._plain_loss(self.batches[1]), self.model.buffers()
            grads = second_order(train_loss, val_loss, alphas, self.weights, self.sgd, buffers=buffers)[0]
        grads = list(grads)
        mean_over_ranks(grads)
        for alpha, grad in zip(alphas, grads):
            alpha.grad = grad
        self.adam.step()
        self.adam.zero_grad()

    def weights_step(self, execution: str) -> None:
        """The weight step."""
        if execution == 'plain' and self.wrapped is self.model:
            loss = self._plain_loss(self.batches[1])()
        else:
            loss = self.model.parse_losses(self.wrapped(self.batches[1], mode='loss'))[0]
        self.keep(loss.detach())
        loss.backward()
        nn.utils.clip_grad_norm_(self.weights, 5)
        self.sgd.step()
        self.sgd.zero_grad()

    def _plain_loss(self, images: Tensor) -> Callable[[], Tensor]:
        prepared = self.model.prepare(images)
        return lambda: self.model.step_loss(prepared)

    def run(self, step: str, execution: str) -> None:
        """One of :data:`STEPS`, in one of :data:`EXECUTIONS`."""
        with self.execution(execution):
            self.alpha(execution) if step == 'alpha' else self.weights_step(execution)

    @torch.no_grad()
    def difference(self) -> float:
        """The largest relative difference of the features of the two executions, in training mode."""
        self.model.backbone.train()
        images, features = self.batches[0], {}
        for execution in EXECUTIONS:
            with self.execution(execution), torch.random.fork_rng():
                layout = images if execution == 'plain' else fast_layout(images)
                features[execution] = self.model.backbone(layout)
        return max(
            float((ours - plain).norm() / plain.norm()) for plain, ours in zip(features['plain'], features['ours'])
        )


def measure_search_step(step: SearchStep, repeats: int, rates: Optional[dict] = None) -> dict:
    """Times both executions of both steps in turn.

    Args:
        repeats: timed runs of each, of which the median counts.
        rates: ``flops`` and ``bytes`` per second of the device, for the achieved fractions.

    Returns:
        dict: ``difference``, ``speedup`` (of both steps together), and for each execution
        ``alpha`` and ``weights`` (median seconds), ``step`` (their sum), ``images_per_second``
        (both batches of a step), ``peak_memory`` (bytes above those held between steps),
        ``flops`` and ``bytes`` of a step, and of these the fractions of the device's rates.
    """
    device = step.batches[0].device
    result: dict[str, Any] = dict(difference=step.difference())
    seconds: dict[tuple[str, str], list[float]] = {(e, s): [] for e in EXECUTIONS for s in STEPS}
    for execution in EXECUTIONS:
        for name in STEPS:  # not measured: the optimizers make their buffers
            step.run(name, execution)
        with Traffic() as traffic, peak_memory(device) as peak:
            for name in STEPS:
                step.run(name, execution)
        result[execution] = dict(peak_memory=peak(), flops=traffic.flops, bytes=traffic.bytes)
    for _ in range(repeats):
        for execution, name in seconds:
            seconds[execution, name].append(_seconds(lambda e=execution, n=name: step.run(n, e), device))
    for execution in EXECUTIONS:
        row = result[execution]
        row.update({name: statistics.median(seconds[execution, name]) for name in STEPS})
        row['step'] = sum(row[name] for name in STEPS)
        row['images_per_second'] = sum(map(len, step.batches)) / row['step']
        for unit in ('flops', 'bytes'):
            if rates:
                row[f'{unit}_fraction'] = row[unit] / row['step'] / rates[unit]
    result['speedup'] = result['plain']['step'] / result['ours']['step']
    return result


def _seconds(run: Callable[[], Any], device: torch.device) -> float:
    if device.type == 'cuda':
        torch.cuda.synchronize(device)
    start = time.perf_counter()
    run()
    if device.type == 'cuda':
        torch.cuda.synchronize(device)
    return time.perf_counter() - start
