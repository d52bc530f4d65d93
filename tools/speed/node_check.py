"""Which form of a node's sum is right and fastest on a GPU: each against float64, and timed.

    python tools/speed/node_check.py --minutes 4 --out node_check.json

Needs a CUDA device and torch with triton, nothing else. Each line is one form of the sum on one node, forward and
backward: the largest error of its value, of the gradients of its maps and of its weights, each relative to the
largest number of what float64 on the CPU gives; the seconds of its first call; microseconds within a CUDA graph, and
these as multiples of a copy of the same maps. What fails is named, and the rest goes on; when the minutes are over,
so is the table. ``--dry`` runs small nodes on the CPU, Triton under its interpreter, which times nothing.
"""

import argparse
import itertools
import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any, Callable, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

# As a package of its own, so that mmnas_mae and what it needs is not imported.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / 'mmnas_mae' / 'models'))
from kernels.node_sum import node_sum  # noqa: E402
from kernels.weighted_sum import weighted_sum  # noqa: E402

#: Channels, side, maps, and how many of these are normalised: nodes of S0, one of NAS-Bench-201, and a normalisation
#: that stands alone.
NODES = [
    (16, 32, 8, 8),
    (16, 32, 16, 16),
    (16, 32, 35, 30),
    (32, 16, 8, 8),
    (64, 8, 8, 8),
    (16, 32, 5, 5),
    (64, 8, 16, 14),
    (16, 32, 12, 6),
    (16, 32, 1, 1),
]
LAYOUTS = {'contiguous': torch.contiguous_format, 'channels last': torch.channels_last}
DTYPES = {'float32': torch.float32, 'bfloat16': torch.bfloat16}
#: Today's normalisations one by one, the definition, the formula that it stands for, one set of kernels over all maps,
#: and what ``torch.compile`` makes of the two.
FORMS = ('library', 'definition', 'formula', 'fused', 'compiled', 'compiled formula')
COLUMNS = ('value', 'maps', 'weights', 'first_s', 'us', 'copies')
#: What one graph holds, so that the launch of the graph is not what is timed.
REPEATS = 10


class Case(NamedTuple):
    """One line of the table; ``knobs`` are constants of the kernels that it changes."""

    node: tuple[int, int, int, int]
    layout: str
    dtype: str
    form: str
    knobs: dict[str, int] = {}


def library(maps: list[Tensor], weights: Tensor, normalized: int) -> Tensor:
    """As :class:`MaskedBatchNorm2d` and :func:`weighted_sum` do it: a weight is the scale of a normalisation."""
    terms = []
    for k, (x, weight) in enumerate(zip(maps, weights.unbind())):
        if k < normalized:
            x = F.batch_norm(x, None, None, weight.expand(x.shape[1]).contiguous(), None, True, 0.1, 1e-5)
        terms.append((None if k < normalized else weight, x))
    return weighted_sum(terms)


def formula(maps: list[Tensor], weights: Tensor, normalized: int) -> Tensor:
    """Written out, in single precision."""
    total = 0
    for k, (x, weight) in enumerate(zip(maps, weights.unbind())):
        wide = x.float()
        if k < normalized:
            var, mean = torch.var_mean(wide, (0, 2, 3), correction=0, keepdim=True)
            wide = (wide - mean) * torch.rsqrt(var + 1e-5)
        total = total + weight * wide
    return total.to(maps[0].dtype)


def definition(maps: list[Tensor], weights: Tensor, normalized: int) -> Tensor:
    """:func:`node_sum`."""
    return node_sum(maps, weights, normalized).value


def form_of(case: Case) -> Callable[[list[Tensor], Tensor, int], Tensor]:
    """What computes the value of a node from maps, weights and the number of normalised ones."""
    eager = dict(library=library, definition=definition, formula=formula)
    if case.form in eager:
        return eager[case.form]
    if case.form.startswith('compiled'):
        torch._dynamo.reset()
        return torch.compile(formula if 'formula' in case.form else definition, dynamic=False, fullgraph=True)
    if case.form != 'fused':
        raise ValueError(f'unknown form {case.form!r}; there are: {", ".join(FORMS)}')
    # Imported here, since it needs triton.
    from kernels import fused_node_sum

    for name, value in case.knobs.items():
        setattr(fused_node_sum, name, value)
    return lambda *node: fused_node_sum.fused_node_sum(*node).value


def cases(forms: list[str], sweep: bool) -> list[Case]:
    """In the order of their use: single precision first, and what takes long to compile last."""
    if sweep:
        knobs = itertools.product((1, 4, 8), (512, 1024, 2048), (8, 16))
        knobs = [dict(GROUP=group, _PROGRAMS=programs, _BY_THREAD=elements) for group, programs, elements in knobs]
        nodes = itertools.product((NODES[0], NODES[4]), LAYOUTS)
        return [Case(*node, 'float32', 'fused', k) for node in nodes for k in knobs]
    order = [(dtype, slow) for dtype in DTYPES for slow in (False, True)]
    return [
        Case(node, layout, dtype, form)
        for dtype, slow in order
        for node in NODES
        for layout in LAYOUTS
        for form in forms
        if form.startswith('compiled') == slow
    ]


def inputs(case: Case, batch: int) -> tuple[list[Tensor], Tensor, Tensor]:
    """Maps, of which every second lies far from zero, weights, and the gradient of the node; on the CPU."""
    channels, side, count, _ = case.node
    generator = torch.Generator().manual_seed(0)
    shape, dtype = (batch, channels, side, side), DTYPES[case.dtype]
    maps = [(torch.randn(shape, generator=generator) + 10 * (k % 2)).to(dtype) for k in range(count)]
    return maps, torch.rand(count, generator=generator), torch.randn(shape, generator=generator).to(dtype)


def run(form: Callable, maps: list[Tensor], weights: Tensor, grad: Tensor, normalized: int) -> tuple[Tensor, ...]:
    """The value of the node and the gradients of the weights and of each map."""
    value = form(maps, weights, normalized)
    return value, *torch.autograd.grad(value, [weights, *maps], grad)


def error(got: Tensor, wanted: Tensor) -> float:
    """The largest difference, relative to the largest number."""
    wanted = wanted.to(got.device)
    return float((got.detach().double() - wanted).abs().max() / wanted.abs().max())


def microseconds(work: Callable[[], Any]) -> float:
    """The median time of ``work`` within a CUDA graph."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            work()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for _ in range(REPEATS):
            work()
    times = []
    for _ in range(8):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        graph.replay()
        end.record()
        torch.cuda.synchronize()
        times.append(start.elapsed_time(end) * 1000 / REPEATS)
    return statistics.median(times[2:])


def kernels(work: Callable[[], Any]) -> dict[str, float]:
    """Microseconds of each kernel that ``work`` launches, by name."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as profile:
        work()
        torch.cuda.synchronize()
    return {event.key[:40]: event.device_time_total for event in profile.key_averages() if event.device_time_total}


class Check:
    """Measures one case after the other.

    Args:
        dry: small nodes on the CPU.
        profile: also names the kernels, but for the library's.
    """

    def __init__(self, dry: bool, profile: bool) -> None:
        self.dry = dry
        self.profile = profile and not dry
        self.device = 'cpu' if dry else 'cuda'
        self._nodes: dict[Any, Any] = {}
        self._copies: dict[Any, float] = {}

    def __call__(self, case: Case) -> dict[str, Any]:
        """The columns of the table, and ``kernels``."""
        if self.dry:
            channels, side, *counts = case.node
            case = case._replace(node=(channels // 4, side // 4, *counts))
        (maps, weights, grad), wanted = self._node(case)
        layout, normalized = LAYOUTS[case.layout], case.node[3]
        maps = [x.to(self.device, copy=True).contiguous(memory_format=layout).requires_grad_() for x in maps]
        grad = grad.to(self.device).contiguous(memory_format=layout)
        weights = weights.to(self.device, copy=True).requires_grad_()
        form = form_of(case)
        start = time.perf_counter()
        got = run(form, maps, weights, grad, normalized)
        if not self.dry:
            torch.cuda.synchronize()
        first = time.perf_counter() - start
        of_maps = max(error(a, b) for a, b in zip(got[2:], wanted[2:]))
        row: dict[str, Any] = dict(value=error(got[0], wanted[0]), maps=of_maps, weights=error(got[1], wanted[1]))
        row['first_s'] = first
        del got
        if not self.dry:
            row['us'] = microseconds(lambda: run(form, maps, weights, grad, normalized))
            row['copies'] = row['us'] / self._copy(case, maps)
        if self.profile and case.form.startswith(('fused', 'compiled')):
            row['kernels'] = kernels(lambda: run(form, maps, weights, grad, normalized))
        return row

    def _node(self, case: Case) -> tuple[tuple[list[Tensor], Tensor, Tensor], list[Tensor]]:
        """Maps, weights and gradient of a node, and what float64 gives; kept, since all forms need them."""
        key = case.node, case.dtype
        if key not in self._nodes:
            maps, weights, grad = inputs(case, 2 if self.dry else 64)
            leaves = [x.double().requires_grad_() for x in (weights, *maps)]
            value = torch.zeros_like(leaves[1])
            for k, (weight, x) in enumerate(zip(leaves[0].unbind(), leaves[1:])):
                value = value + weight * (F.batch_norm(x, None, None, training=True) if k < case.node[3] else x)
            wanted = [value.detach(), *torch.autograd.grad(value, leaves, grad.double())]
            self._nodes[key] = (maps, weights, grad), wanted
        return self._nodes[key]

    def _copy(self, case: Case, maps: list[Tensor]) -> float:
        key = case.node, case.dtype
        if key not in self._copies:
            source = torch.stack([x.detach() for x in maps])
            target = torch.empty_like(source)
            self._copies[key] = microseconds(lambda: target.copy_(source))
        return self._copies[key]


def lost() -> bool:
    """Whether an error has left the device unusable for this process."""
    try:
        torch.cuda.synchronize()
    except RuntimeError:
        return True
    return False


def main() -> None:
    """Prints the table and writes it line by line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--minutes', type=float, default=5, help='no line is begun after these')
    parser.add_argument('--out', type=Path, default=Path('node_check.json'), help='one JSON object a line')
    parser.add_argument('--forms', default=','.join(FORMS), help='which, with commas')
    parser.add_argument('--sweep', action='store_true', help='the fused form alone, over its constants')
    parser.add_argument('--profile', action='store_true', help='name the kernels of the fused and compiled forms')
    parser.add_argument('--dry', action='store_true', help='small nodes on the CPU')
    parser.add_argument('--start', type=int, default=0, help='the first line, from 0')
    args = parser.parse_args()
    deadline = time.time() + 60 * args.minutes
    if args.dry:
        os.environ['TRITON_INTERPRET'] = '1'
    check, todo = Check(args.dry, args.profile), cases(args.forms.split(','), args.sweep)
    if args.start == 0:
        args.out.write_text('')
        card = 'CPU' if args.dry else torch.cuda.get_device_name()
        print(f'{card}, torch {torch.__version__}, {len(todo)} lines\n')
        print('node             layout         dtype     form             ', *(f'{name:>9}' for name in COLUMNS))
    for number, case in enumerate(todo[args.start :], args.start):
        if time.time() > deadline:
            print(f'\nthe time is over after {number} of {len(todo)} lines')
            return
        channels, side, count, normalized = case.node
        name = f'{channels}x{side} {normalized}+{count - normalized}'
        line = f'{name:<16} {case.layout:<14} {case.dtype:<9} {case.form:<17}'
        try:
            row: dict[str, Any] = check(case)
            line += ' '.join(f'{row[key]:9.3g}' if key in row else f'{"-":>9}' for key in COLUMNS)
        except Exception as problem:  # whatever it is, the rest is still worth its time
            row = dict(error=f'{type(problem).__name__}: {problem}')
            line += ' ' + ' '.join(row['error'].split())[:160]
        print(line, *(f'{key}={value}' for key, value in case.knobs.items()), flush=True)
        for name, spent in row.get('kernels', {}).items():
            print(f'    {name:<40} {spent:9.1f} us')
        with args.out.open('a') as file:
            file.write(json.dumps({**case._asdict(), **row}) + '\n')
        if 'error' in row and not args.dry and lost():
            left = (deadline - time.time()) / 60
            again = [*sys.argv, '--start', str(number + 1), '--minutes', str(left)]
            os.execv(sys.executable, [sys.executable, *again])


if __name__ == '__main__':
    main()
