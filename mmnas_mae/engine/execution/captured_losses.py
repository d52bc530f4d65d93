"""Forward and backward pass of a step recorded once and replayed."""

from contextlib import nullcontext
from typing import Any, Callable, Hashable, Mapping, Optional, Sequence

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.utils._pytree import TreeSpec, tree_flatten, tree_unflatten

from ...models import SearchModel
from ...utils.seeding import kept_random_state
from ..arch_grad import preserved

#: What a recorded step computes: its losses, and the gradient of each parameter (None where it has none).
Results = tuple[list[Tensor], list[Optional[Tensor]]]
#: Records a function without arguments; returns what computes it anew, and where its results then stand.
Recorder = Callable[[Callable[[], Results]], tuple[Callable[[], None], Results]]

#: Runs before a recording, in which libraries choose their algorithms and allocate.
_WARM_UP = 3
#: What a value that is no tensor may be; recordings are told apart by it.
_PLAIN = (bool, int, float, str, type(None))


class CapturedLosses:
    """The losses of a search model, for :attr:`mmnas_mae.models.SearchModel.execution`, replayed from recordings.

    There is a recording for each kind of step: for the parameters that require a gradient, for the alpha step
    and the others, for precision and form of a batch. It holds forward and backward pass. What it reads stands in
    buffers of its own, which a step fills; random numbers are drawn anew in each replay. The total loss can
    be differentiated once, right after it was computed.

    Losses and gradients are those of an ordinary evaluation, which takes place wherever :meth:`obstacle` has
    something to say: where the form of the computation changes from step to step, or nothing is differentiated.

    What a forward pass reads as a number of Python's (a drop path probability) is part of a recording. Such numbers
    change from epoch to epoch only, so :meth:`check` is called before each and drops outdated recordings.

    Args:
        record: how a function is recorded, by :class:`CUDAGraphs` or, anywhere, by :func:`rerun`.
    """

    def __init__(self, record: Recorder) -> None:
        self._record = record
        self._recordings: dict[Hashable, _Recording] = {}
        self._state: Hashable = None
        self._unchecked = True
        self._parameters: list[Tensor] = []

    def check(self) -> None:
        """Has the next step look whether the model is still the one that was recorded."""
        self._unchecked = True

    def __call__(self, model: SearchModel, prepared: Mapping[str, Any]) -> dict[str, Tensor]:
        """What ``model.total_losses(**prepared)`` gives; of the losses the first stands for their sum in a gradient."""
        if self.obstacle(model):
            return model.total_losses(**prepared)
        inputs, form = tree_flatten((dict(prepared), model.arch.held))
        if not _recordable(inputs):
            return model.total_losses(**prepared)
        if self._unchecked:
            state = _state(model)
            if state != self._state:
                self._recordings.clear()
            self._state, self._unchecked = state, False
            # Walking over a model takes a good part of the time that a replay does.
            self._parameters = list(model.parameters())
        parameters = [p for p in self._parameters if p.requires_grad]
        key = (form, tuple(map(_kind, inputs)), tuple(map(id, parameters)), model.arch.alpha_step, _precision())
        if key not in self._recordings:
            self._recordings[key] = _Recording(self._record, model, inputs, form, parameters)
        recording = self._recordings[key]
        recording.fill(inputs)
        return dict(zip(recording.names, _Replay.apply(recording, *parameters)))

    @staticmethod
    def obstacle(model: SearchModel) -> Optional[str]:
        """Why the next evaluation of a model cannot be replayed, None if it can."""
        if not model.training or not torch.is_grad_enabled():
            return 'nothing is trained'
        if not model.arch.runs_all:
            return f'{model.arch.rule} draws which operations run'
        if torch.is_autocast_enabled('cuda') and torch.get_autocast_dtype('cuda') == torch.float16:
            return 'gradients in float16 need their loss scaled'
        return None


class CUDAGraphs:
    """Records functions as CUDA graphs that share their memory, so that only one of them may be at work at a time."""

    def __init__(self) -> None:
        self._pool = torch.cuda.graph_pool_handle()

    def __call__(self, run: Callable[[], Results]) -> tuple[Callable[[], None], Results]:
        """As :data:`Recorder`."""
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(_WARM_UP):
                run()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        # Of this thread alone: that of the data loader may pin memory meanwhile.
        with torch.cuda.graph(graph, pool=self._pool, capture_error_mode='thread_local'):
            results = run()
        return graph.replay, results


def rerun(run: Callable[[], Results]) -> tuple[Callable[[], None], Results]:
    """A recorder for any device that computes everything again in each replay, to test what surrounds it with."""
    losses, grads = run()
    losses = [loss.clone() for loss in losses]
    grads = [None if grad is None else grad.clone() for grad in grads]

    def replay() -> None:
        for place, value in zip((*losses, *grads), (value for values in run() for value in values)):
            if place is not None:
                place.copy_(value)

    return replay, (losses, grads)


class _Recording:
    """One kind of step.

    Args:
        record: how it is recorded.
        model: whose losses it computes.
        inputs, form: what it reads, flattened.
        parameters: what its total loss is differentiated by.

    Attributes:
        names: of the losses.
        carrier: the place of the one whose gradient is that of the total loss.
        grads: of the parameters, from one replay to the next.
        replays: how many there were.
    """

    def __init__(
        self,
        record: Recorder,
        model: SearchModel,
        inputs: Sequence[Any],
        form: TreeSpec,
        parameters: Sequence[Tensor],
    ) -> None:
        self.names: list[str] = []
        self.replays = 0
        self._inputs = [x.clone() if isinstance(x, Tensor) else x for x in inputs]
        prepared, held = tree_unflatten(self._inputs, form)
        cast, dtype = torch.is_autocast_enabled('cuda'), torch.get_autocast_dtype('cuda')

        @torch.enable_grad()
        def run() -> Results:
            # Without autocast's cache, whose copies of the weights would be those of the recording for ever.
            precision = torch.autocast('cuda', dtype, cast, cache_enabled=False) if cast else nullcontext()
            with precision, model.arch.holding(held):
                losses = model.total_losses(**prepared)
            self.names = list(losses)
            total, _ = model.parse_losses(losses)
            grads = torch.autograd.grad(total, parameters, allow_unused=True)
            return [value.detach() for value in losses.values()], list(grads)

        # Recording runs the model; the step that follows must not notice.
        with preserved(model.buffers()), kept_random_state():
            self._replay, (self._losses, self.grads) = record(run)
        self.carrier = next(i for i, name in enumerate(self.names) if 'loss' in name)

    def fill(self, inputs: Sequence[Any]) -> None:
        """Copies the inputs of a step to where the recording reads them."""
        for place, value in zip(self._inputs, inputs):
            if isinstance(place, Tensor):
                place.copy_(value, non_blocking=True)

    def replay(self) -> tuple[Tensor, ...]:
        """The losses of what was filled in."""
        self._replay()
        self.replays += 1
        return tuple(loss.clone() for loss in self._losses)


class _Replay(torch.autograd.Function):
    """``apply(recording, *parameters)``: its losses, one of which has the gradient of their sum."""

    @staticmethod
    def forward(ctx: Any, recording: _Recording, *parameters: Tensor) -> tuple[Tensor, ...]:
        losses = recording.replay()
        ctx.recording, ctx.replays = recording, recording.replays
        ctx.mark_non_differentiable(*(loss for i, loss in enumerate(losses) if i != recording.carrier))
        return losses

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Optional[Tensor]) -> tuple[Optional[Tensor], ...]:
        recording = ctx.recording
        if recording.replays != ctx.replays:
            raise RuntimeError('a recorded loss must be differentiated before the next one is computed')
        # New tensors, since the next replay writes to these.
        known = [grad for grad in recording.grads if grad is not None]
        scaled = iter(torch._foreach_mul(known, grads[recording.carrier]))
        return (None, *(None if grad is None else next(scaled) for grad in recording.grads))


def _recordable(inputs: Sequence[Any]) -> bool:
    return all(isinstance(x, (Tensor, *_PLAIN)) for x in inputs)


def _kind(x: Any) -> Hashable:
    """What a recording takes for granted of an input."""
    return (x.shape, x.dtype, x.device) if isinstance(x, Tensor) else x


def _precision() -> Hashable:
    return torch.is_autocast_enabled('cuda'), torch.get_autocast_dtype('cuda')


def _state(model: nn.Module) -> Hashable:
    """What a recording takes for granted of a model: plain settings of its modules, and where its tensors lie."""
    settings = tuple(
        (id(module), tuple((name, value) for name, value in vars(module).items() if isinstance(value, _PLAIN)))
        for module in model.modules()
    )
    tensors = tuple((x.data_ptr(), x.shape) for x in (*model.parameters(), *model.buffers()))
    return settings, tensors
