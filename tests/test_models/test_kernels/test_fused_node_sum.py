"""The kernels of a node's sum, run by Triton's interpreter, against the definition in double precision."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

#: Shape, maps, how many are normalised, channels last, parameters, samples that differ, a gradient that is a slice.
CASES = {
    'contiguous': ((4, 8, 6, 6), 5, 5, False, False, False, False),
    'channels last': ((4, 8, 6, 6), 5, 5, True, False, False, False),
    'odd sizes, parameters': ((3, 5, 7, 5), 5, 3, False, True, False, True),
    'odd sizes, parameters, channels last': ((3, 5, 7, 5), 5, 3, True, True, False, True),
    'several tiles': ((5, 2, 16, 16), 2, 1, False, False, False, True),
    'several tiles, channels last': ((5, 2, 16, 16), 2, 1, True, False, False, True),
    'samples that differ': ((3, 3, 5, 4), 5, 3, False, True, True, False),
    'samples that differ, channels last': ((3, 3, 5, 4), 5, 4, True, False, True, False),
    'more channels than a tile has': ((3, 40, 4, 4), 2, 2, True, False, False, False),
    'none normalised': ((3, 4, 4, 4), 2, 0, False, False, False, False),
    'one map': ((3, 4, 4, 4), 1, 1, False, False, False, False),
    'one column': ((2, 1, 5, 1), 3, 2, True, True, False, True),
    'one pixel': ((5, 7, 1, 1), 2, 2, False, True, False, True),
}

#: Triton decides when it is imported whether it interprets, so this runs in a process of its own.
SCRIPT = """
import json, sys, torch
from mmnas_mae.models.kernels.fused_node_sum import fused_node_sum
from mmnas_mae.models.kernels.node_sum import node_sum

def relative(got, wanted):
    return float((got.detach().double() - wanted.detach()).abs().max() / wanted.detach().abs().max().clamp(min=1e-9))

def check(shape, count, normalized, last, affine, kept, sliced, dtype=torch.float32):
    batch, channels, height, width = shape
    generator = torch.Generator().manual_seed(0)
    layout = torch.channels_last if last else torch.contiguous_format

    def draw(*shape):
        return torch.randn(shape, generator=generator)

    maps = [(draw(*shape) * (1 + k) + 10 * (k % 2)).to(dtype).contiguous(memory_format=layout) for k in range(count)]
    weights = draw(count)
    parameters = [draw(normalized, channels) for _ in range(2 if affine else 0)]
    kept = torch.rand(batch, count, generator=generator) if kept else None
    grad = draw(batch, 2 * channels, height, width).to(dtype).contiguous(memory_format=layout)[:, channels:]
    grad = grad if sliced else grad.contiguous(memory_format=layout)
    inputs = [x.requires_grad_() for x in (*maps, weights, *parameters)]
    wide = [x.detach().double().requires_grad_() for x in inputs]

    def run(node, inputs, grad):
        out = node(inputs[:count], inputs[count], normalized, *(inputs[count + 1 :] or (None, None)), kept)
        first = torch.autograd.grad(out.value, inputs, grad, retain_graph=True)
        again = torch.autograd.grad(out.value.float().tanh().mean(), inputs, create_graph=True)
        second = torch.autograd.grad(sum(x.float().square().sum() for x in again), inputs)
        return out, first, second

    out, first, second = run(fused_node_sum, inputs, grad)
    wanted, wanted_first, wanted_second = run(node_sum, wide, grad.double())
    assert out.value.dtype == dtype and out.value.is_contiguous(memory_format=layout)
    errors = dict(value=relative(out.value, wanted.value))
    if normalized:
        errors.update(means=relative(out.means, wanted.means), variances=relative(out.variances, wanted.variances))
    errors['gradients'] = max(relative(*pair) for pair in zip(first, wanted_first))
    errors['second'] = max(relative(*pair) for pair in zip(second, wanted_second))
    return errors

def chained(node, dtype):
    # A map that is computed from another of the same node, as in every cell with a skip connection.
    generator = torch.Generator().manual_seed(0)
    shapes = (3, 4, 5, 5), (4, 4, 1, 1), (3, 4, 5, 5)
    x, kernel, grad = (torch.randn(shape, generator=generator).to(dtype) for shape in shapes)
    weights = torch.tensor([0.7, -1.3], dtype=dtype)
    inputs = [each.requires_grad_() for each in (x, weights)]
    state = 1.3 * x
    value = node([torch.nn.functional.conv2d(state.relu(), kernel), state], weights, 1).value
    loss = (value.tanh() * grad).sum()
    first = torch.autograd.grad(loss, inputs, retain_graph=True)
    again = torch.autograd.grad(loss, inputs, create_graph=True)
    second = torch.autograd.grad(sum(each.square().sum() for each in again), inputs)
    return [*first, *again, *second]

errors = {name: check(*case) for name, case in json.loads(sys.argv[1]).items()}
errors['bfloat16'] = check((4, 8, 6, 6), 3, 2, True, False, False, False, torch.bfloat16)
pairs = zip(chained(fused_node_sum, torch.float32), chained(node_sum, torch.float64))
errors['one from another'] = dict(gradients=max(relative(*pair) for pair in pairs))
print(json.dumps(errors))
"""


@pytest.fixture(scope='module')
def errors():
    if importlib.util.find_spec('triton') is None:
        pytest.skip('triton is not installed')
    process = subprocess.run(
        [sys.executable, '-c', SCRIPT, json.dumps(CASES)],
        env={**os.environ, 'TRITON_INTERPRET': '1'},
        cwd=Path(__file__).resolve().parents[3],
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout.splitlines()[-1])


@pytest.mark.parametrize('case', CASES)
def test_value_statistics_and_derivatives_are_those_of_the_definition(errors, case):
    assert max(errors[case][name] for name in errors[case] if name != 'second') < 1e-5, errors[case]
    assert errors[case]['second'] < 1e-4, errors[case]


def test_bfloat16_maps_are_summed_in_single_precision(errors):
    assert max(errors['bfloat16'][name] for name in ('means', 'variances')) < 1e-6, errors['bfloat16']
    # The interpreter cuts digits off where a GPU rounds.
    assert max(errors['bfloat16'][name] for name in ('value', 'gradients')) < 1e-2, errors['bfloat16']
