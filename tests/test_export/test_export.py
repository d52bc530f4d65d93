"""What leaves the framework computes the same: ONNX by onnxruntime, TorchScript, torch.export."""

import json
import subprocess
import sys

import onnx
import pytest
import torch

from mmnas_mae.apis import build_backbone, build_network, export_network
from mmnas_mae.apis.export import max_difference, read_metadata, run_exported, without_noise
from mmnas_mae.spaces import published, published_names

NOISE = 'DARTSminus_cifar10_s4_0'


def settled(model, side, channels=3):
    """In eval mode, with features of ordinary size, as a trained network has.

    Most units pass their ReLU. Half of them cut off at random, 200 layers in a row amplify rounding alone, PyTorch's
    as well, to a hundredth.
    """
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None
            torch.nn.init.ones_(module.bias)
    model.train()
    with torch.no_grad():
        for _ in range(2):
            model(torch.randn(4, channels, side, side))
    return model.eval()


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize('name', published_names())
def test_onnx_agrees_for_every_published_genotype(name, tmp_path):
    backbone = settled(build_backbone(name, init_channels=4, layers=5, stem='imagenet'), 64)
    if published(name).cells['normal'].count('noise') + published(name).cells['reduce'].count('noise'):
        backbone = without_noise(backbone)
    # Not the batch that was traced
    images = torch.randn(3, 3, 64, 64)
    features = backbone(images)
    assert all(float(feature.std()) > 0.1 for feature in features)
    path = export_network(backbone, tmp_path / 'backbone.onnx', (3, 64, 64))
    exported = run_exported(path, images)
    assert len(exported) == 3
    for feature, other in zip(features, exported):
        torch.testing.assert_close(other, feature.detach(), rtol=0, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize('name', published_names())
def test_onnx_agrees_at_full_size(name, tmp_path):
    network = build_network('darts', name, 1000, init_channels=48, layers=14, stem='imagenet')
    network = without_noise(settled(network, 224))
    path = export_network(network, tmp_path / 'network.onnx')
    assert max_difference(network, path, torch.randn(1, 3, 224, 224)) < 1e-4


@pytest.mark.slow
@pytest.mark.parametrize('name', ['DARTS_V2', 'SDARTS_c10_s1_random'])
def test_the_exporter_through_torch_export_agrees(name, tmp_path):
    backbone = settled(build_backbone(name, init_channels=4, layers=5), 32)
    path = export_network(backbone, tmp_path / 'backbone.onnx', (3, 32, 32), dynamo=True)
    assert max_difference(backbone, path, torch.randn(5, 3, 32, 32)) < 1e-4


@pytest.mark.parametrize('suffix', ['pt', 'pt2'])
def test_torchscript_and_torch_export_agree(suffix, tmp_path):
    network = settled(build_network('darts', 'PDARTS', 7, init_channels=4, layers=3), 32)
    path = export_network(network, tmp_path / f'network.{suffix}', (3, 32, 32))
    images = torch.randn(5, 3, 32, 32)
    (logits,) = run_exported(path, images)
    torch.testing.assert_close(logits, network(images).detach(), rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    'space, arch, macro',
    [
        ('nasbench201', '|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|none~2|', {}),
        ('transnas101', '64-41414-1_02_333', dict(decoder='segmentation')),
        ('nasbench101', '02001|100110100001001010101', dict(stem_channels=8, num_modules_per_stack=1)),
    ],
)
def test_networks_of_benchmarks_agree_too(space, arch, macro, tmp_path):
    macro = macro if space == 'nasbench101' else dict(macro, init_channels=4)
    network = settled(build_network(space, arch, 5, **macro), 32)
    path = export_network(network, tmp_path / 'network.onnx', (3, 32, 32))
    assert max_difference(network, path, torch.randn(3, 3, 32, 32)) < 1e-4


def test_the_file_says_what_goes_in_and_out(tmp_path):
    backbone = build_backbone('DARTS_V1', init_channels=4, layers=3, out_indices=('stem', 2)).train()
    path = export_network(backbone, tmp_path / 'new' / 'backbone.onnx', (3, 32, 48))
    graph = onnx.load(path).graph
    onnx.checker.check_model(onnx.load(path))
    sides = [d.dim_param or d.dim_value for d in graph.input[0].type.tensor_type.shape.dim]
    assert (graph.input[0].name, sides) == ('image', ['batch', 3, 32, 48])
    assert [output.name for output in graph.output] == ['feature0', 'feature1']
    # The model itself is left as it was.
    assert backbone.training
    assert all(p.requires_grad for p in backbone.parameters())


def test_noise_is_refused_or_replaced_by_its_mean(tmp_path):
    backbone = settled(build_backbone(NOISE, init_channels=4, layers=3), 32)
    images = torch.randn(2, 3, 32, 32)
    assert not torch.equal(backbone(images)[-1], backbone(images)[-1])
    with pytest.raises(ValueError, match='operation noise, which draws anew each time; mean_noise=True'):
        export_network(backbone, tmp_path / 'backbone.onnx', (3, 32, 32))
    path = export_network(backbone, tmp_path / 'backbone.onnx', (3, 32, 32), mean_noise=True)
    assert max_difference(without_noise(backbone), path, images) < 1e-4
    # The mean of an edge with noise, over 25,600 numbers, is zero within 6 standard errors.
    name = next(name for name, module in backbone.named_modules() if type(module).__name__ == 'Noise')
    noise, silence = (model.get_submodule(name) for model in (backbone, without_noise(backbone)))
    x = torch.randn(4, 4, 40, 40)
    assert abs(float(noise(x).mean())) < 6 / 160
    assert torch.equal(silence(x), torch.zeros_like(noise(x)))


def test_what_cannot_be_exported_is_refused_in_one_line(tmp_path, monkeypatch):
    backbone = build_backbone('DARTS_V1', init_channels=4, layers=3)
    with pytest.raises(ValueError, match=r"the suffix of 'b.tflite' is none of .onnx \(ONNX\), .pt \(TorchScript\)"):
        export_network(backbone, tmp_path / 'b.tflite')
    monkeypatch.setitem(sys.modules, 'onnx', None)
    with pytest.raises(ModuleNotFoundError, match=r'ONNX needs onnx, which is not installed: pip install onnx'):
        export_network(backbone, tmp_path / 'b.onnx', (3, 32, 32))


def test_the_tool_exports_a_genotype(repository, tmp_path):
    out = tmp_path / 'pdarts.onnx'
    size = ['--init-channels', '4', '--layers', '3', '--num-classes', '7', '--shape', '32']
    tool = [sys.executable, 'tools/misc/export.py', 'PDARTS', '--out', str(out), *size]
    run = subprocess.run(tool, cwd=repository, capture_output=True, text=True, check=True)
    report = json.loads(run.stdout.splitlines()[-1])
    assert (report['input'], report['outputs']) == ([3, 32, 32], [[7]])
    assert report['max_difference'] < 1e-4
    assert out.is_file()
    run = subprocess.run([*tool[:2], 'PDARTZ', *tool[3:]], cwd=repository, capture_output=True, text=True)
    assert run.returncode == 1
    assert run.stderr.count('\n') == 1
    assert "error: genotype 'PDARTZ' is no file" in run.stderr


@pytest.mark.parametrize('suffix', ['onnx', 'pt', 'pt2'])
def test_a_file_says_what_its_user_has_to_know(suffix, tmp_path):
    network = settled(build_network('darts', 'PDARTS', 2, init_channels=4, layers=3, in_channels=5), 32, 5)
    said = dict(classes=['Äpfel', '"b"'], mean=[1.5, 2.0], size=[32, 32], nothing=None)
    path = export_network(network, tmp_path / f'network.{suffix}', (5, 32, 32), metadata=said)
    assert read_metadata(path) == said
    assert max_difference(network, path, torch.randn(1, 5, 32, 32)) < 1e-4
    assert read_metadata(export_network(network, tmp_path / f'other.{suffix}', (5, 32, 32))) == {}


def test_nan_has_no_difference(tmp_path):
    network = settled(build_network('darts', 'PDARTS', 7, init_channels=4, layers=3), 32)
    network.classifier.bias.data[0] = float('nan')
    path = export_network(network, tmp_path / 'network.onnx', (3, 32, 32))
    images = torch.randn(1, 3, 32, 32)
    with pytest.raises(ValueError, match='PyTorch gives NaN or infinity for images of noise; are all weights finite'):
        max_difference(network, path, images)
    network.classifier.bias.data[0] = 0.0
    with pytest.raises(ValueError, match=r'network\.onnx gives NaN or infinity'):
        max_difference(network, path, images)
