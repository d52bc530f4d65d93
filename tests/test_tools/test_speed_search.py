"""The benchmark of a search step: both executions compute the same, and what is counted is right."""

import importlib.util
import json
from pathlib import Path

import pytest
import torch
from device_rates import Traffic, measure_rates, peak_memory
from search_scaling import measure_processes, plot_growth, sized_backbone
from search_speed import SearchStep, measure_search_step, reference_execution
from torch import nn

from mmnas_mae.models import DepthwiseConv2d
from mmnas_mae.registry import MODELS

TINY = dict(type='mmnas_mae.DARTSSupernet', init_channels=2, layers=3)


def test_reference_execution_swaps_and_restores() -> None:
    model = MODELS.build(TINY).train()
    before, state = list(model.modules()), {name: id(p) for name, p in model.named_parameters()}
    with reference_execution(model):
        assert not any(isinstance(module, DepthwiseConv2d) for module in model.modules())
        assert {name: id(p) for name, p in model.named_parameters()} == state
    assert list(model.modules()) == before
    assert any(isinstance(module, DepthwiseConv2d) for module in before)


@pytest.mark.parametrize('order', [1, 2])
def test_both_executions_reach_the_same_alpha_and_weights(order: int) -> None:
    states = []
    for execution in ('plain', 'ours'):
        torch.manual_seed(0)
        step = SearchStep(TINY, 4, 8, order=order)
        step.model.double()
        step.batches = [images.double() for images in step.batches]
        step.run('alpha', execution)
        step.run('weights', execution)
        states.append(dict(step.model.named_parameters()))
    torch.manual_seed(0)
    start = dict(SearchStep(TINY, 4, 8).model.named_parameters())
    for name, value in states[0].items():
        torch.testing.assert_close(value, states[1][name], rtol=1e-6, atol=1e-9, msg=name)
    moved = [name for name, value in states[0].items() if not torch.equal(value, start[name].double())]
    assert any('.alphas.' in name for name in moved)
    assert any('.cells.' in name for name in moved)


def test_measurement_is_consistent() -> None:
    torch.manual_seed(0)
    step = SearchStep(TINY, 4, 8)
    result = measure_search_step(step, 1, dict(flops=1e9, bytes=1e9))
    assert result['difference'] < 1e-5
    for execution in ('plain', 'ours'):
        row = result[execution]
        assert row['step'] == row['alpha'] + row['weights']
        assert row['images_per_second'] == pytest.approx(8 / row['step'])
        assert row['flops_fraction'] == pytest.approx(row['flops'] / row['step'] / 1e9)
    assert result['speedup'] == pytest.approx(result['plain']['step'] / result['ours']['step'])
    # No gradient of a weight in the alpha step.
    assert result['ours']['flops'] < 0.9 * result['plain']['flops']


def test_traffic_counts_convolutions_and_products() -> None:
    conv = nn.Conv2d(4, 8, 3, padding=1, groups=2, bias=False)
    x = torch.randn(2, 4, 5, 5, requires_grad=True)
    with Traffic() as traffic:
        out = conv(x)
    forward = 2 * (2 * 8 * 25) * (2 * 9)
    assert traffic.flops == forward
    assert traffic.bytes == 4 * (x.numel() + conv.weight.numel() + out.numel())
    with Traffic() as traffic:
        out.sum().backward()
    assert traffic.flops == 2 * forward
    with Traffic() as traffic:
        torch.mm(torch.ones(3, 4), torch.ones(4, 5))
        torch.addmm(torch.ones(5), torch.ones(3, 4), torch.ones(4, 5))
    assert traffic.flops == 2 * 2 * 3 * 4 * 5


def test_peak_memory_sees_a_large_tensor_and_rates_are_positive() -> None:
    with peak_memory(torch.device('cpu')) as peak:
        torch.ones(2**24).sum()
    assert peak() is None or 0.9 * 2**26 < peak() < 2 * 2**26
    rates = measure_rates(repeats=1)
    assert min(rates.values()) > 1e6


def test_sizes_and_plot(tmp_path: Path) -> None:
    for edges, nodes in ((2, 1), (9, 3), (14, 4)):
        network = MODELS.build(sized_backbone(3, 4, edges))
        assert len(network.cells[0].edges) == edges
        assert network.out_channels[0] == 4 * nodes
    curves = dict(layers=[dict(layers=3, plain=2.0, ours=1.0), dict(layers=5, plain=4.0, ours=1.5)])
    plot_growth(curves, str(tmp_path / 'growth.png'))
    assert (tmp_path / 'growth.png').read_bytes().startswith(b'\x89PNG')


def test_processes_must_divide_the_batch() -> None:
    with pytest.raises(ValueError, match='divide the batch of 3, got 2'):
        measure_processes(TINY, 3, 1, 2)


def test_tool_prints_json(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    path = repository / 'tools/speed/measure_search.py'
    spec = importlib.util.spec_from_file_location('measure_search', path)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    backbones = [backbone for backbone, _ in tool.CASES.values()]
    assert {'s0-c16', 's0-c4', 's2-c16', 'nasbench201-c16', 'pcdarts-s0-c16'} == set(tool.CASES)
    assert all(dict(backbone).pop('type').startswith('mmnas_mae.') for backbone in backbones)
    tool.CASES['s0-c4'] = (TINY, 2)
    out = tmp_path / 'speed.json'
    arguments = ['--cases', 's0-c4', '--orders', '1', '--image-size', '8', '--repeats', '1', '--devices', 'cpu']
    monkeypatch.setattr('sys.argv', [str(path), *arguments, '--out', str(out)])
    tool.main()
    printed = capsys.readouterr()
    report = json.loads(printed.out)
    assert report == json.loads(out.read_text())
    assert [case['case'] for case in report['cases']] == ['s0-c4']
    assert report['cases'][0]['difference'] < 1e-5
    assert '| s0-c4 | 1 | cpu | ours |' in printed.err
