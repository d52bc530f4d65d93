"""What a step asks of a GPU can be captured: nothing is read from it, and nothing lies elsewhere."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, Callable, Iterator

import pytest
import torch
from mmengine.structures import BaseDataElement
from torch import Tensor, nn
from torch._subclasses.fake_tensor import DataDependentOutputException, FakeTensorMode
from torch.func import functional_call
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from mmnas_mae.costs import Budget
from mmnas_mae.costs.search_budget import SearchBudget
from mmnas_mae.engine import CompileHook, CudaGraphHook
from mmnas_mae.engine.execution.captured_losses import CapturedLosses, rerun
from mmnas_mae.models import NASBench201Supernet, SearchModel
from mmnas_mae.models.layers import masked_norm
from mmnas_mae.models.layers.masked_norm import Visibility
from mmnas_mae.registry import MODELS
from mmnas_mae.utils.config import read_config

#: A search config for each thing that a step may hold.
FEW = """
darts-2nd_darts-s0_1xb64-50e_cifar10 maenas_nasbench201_1xb64-50e_cifar10 maenas-snas_darts-s0_1xb64-150e_cifar10
maenas-fairdarts_darts-s0_1xb128-50e_cifar10 maenas-pcdarts_darts-s0_8xb128-50e_in1k
maenas-darts-minus_darts-s0_1xb64-50e_cifar10 maenas-r-darts-dp_darts-s1_1xb64-50e_cifar10
""".split()


@pytest.fixture
def fake_gpu() -> Iterator[FakeTensorMode]:
    """Tensors without contents on a GPU that need not exist; asking for a number fails."""
    masked_norm._constant.cache_clear()
    yield FakeTensorMode()
    masked_norm._constant.cache_clear()


class OnGPU(TorchDispatchMode):
    """Fails on what a CUDA graph cannot hold: an operator that reads or makes a tensor of the host."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # noqa: ANN001, ANN204
        out = func(*args, **(kwargs or {}))
        tensors = [x for x in tree_leaves((args, kwargs, out)) if isinstance(x, Tensor)]
        if any(x.device.type == 'cpu' for x in tensors):
            raise HostTensorError(str(func))
        return out


class HostTensorError(Exception):
    """A tensor of the host took part in a step."""


class Loss(nn.Module):
    """The total loss of a search model as a forward pass."""

    def __init__(self, model: SearchModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, **prepared: Any) -> Tensor:
        return self.model.parse_losses(self.model.total_losses(**prepared))[0]


def on_gpu(x: Any) -> Any:
    return torch.empty_strided(x.shape, x.stride(), dtype=x.dtype, device='cuda') if isinstance(x, Tensor) else x


def small(config: Any) -> dict:
    model, cut = config.model, dict(init_channels=4, layers=3, cells_per_stage=1)
    model.backbone.update({name: value for name, value in cut.items() if name in model.backbone})
    return model


def check(name: str, repository: Any, mode: FakeTensorMode, **limits: float) -> bool:
    """Whether the loss of a config is computed on the GPU without a look at it."""
    model = MODELS.build(small(read_config(repository / f'configs/search/{name}.py'))).train()
    if CapturedLosses.obstacle(model) is not None:
        return False
    if limits:
        model.arch.limit = SearchBudget(Budget(**limits), model)
    samples = [BaseDataElement(metainfo=dict(sample_idx=i)) for i in range(2)]
    for sample in samples:
        sample.gt_label = torch.tensor([1])
    prepared = model.prepare_batch(torch.randn(2, 3, 32, 32), samples)
    with mode:
        tensors = {**dict(model.named_parameters()), **dict(model.named_buffers())}
        state = {f'model.{name}': on_gpu(x) for name, x in tensors.items()}
        kwargs = {key: on_gpu(x) for key, x in prepared.items()}
        if limits:
            # Its tables are brought to the GPU by the first step.
            functional_call(Loss(model), state, kwargs=kwargs)
        with OnGPU():
            loss = functional_call(Loss(model), state, kwargs=kwargs)
    assert loss.device.type == 'cuda'
    return True


@pytest.mark.parametrize('name', FEW)
def test_steps_read_nothing_from_the_device(name: str, repository: Any, fake_gpu: FakeTensorMode) -> None:
    assert check(name, repository, fake_gpu)


def test_a_budget_reads_nothing_either(repository: Any, fake_gpu: FakeTensorMode) -> None:
    fake_gpu.allow_non_fake_inputs = True
    assert check('maenas_nasbench201_1xb64-50e_cifar10', repository, fake_gpu, macs=40e6)


@pytest.mark.slow
def test_no_search_config_reads_anything_from_the_device(repository: Any, fake_gpu: FakeTensorMode) -> None:
    names = sorted(path.stem for path in (repository / 'configs/search').glob('*_cifar10*.py'))
    captured = [name for name in names if check(name, repository, fake_gpu)]
    assert len(captured) > 30


@pytest.mark.parametrize(
    'plant, error',
    [
        (lambda x: float(x.sum()), DataDependentOutputException),
        (lambda x: torch.tensor([1.0, 2.0]).to(x.device), HostTensorError),
        (lambda x: x * torch.rand(()), HostTensorError),
    ],
    ids=['a number read', 'a copy from the host', 'a draw of the host'],
)
def test_the_check_finds_what_a_graph_cannot_hold(
    plant: Callable, error: type, repository: Any, fake_gpu: FakeTensorMode, monkeypatch: pytest.MonkeyPatch
) -> None:
    forward = NASBench201Supernet.forward

    def planted(self: Any, x: Tensor, visible: Any = None) -> Any:
        plant(x)
        return forward(self, x, visible)

    monkeypatch.setattr(NASBench201Supernet, 'forward', planted)
    with pytest.raises(error):
        check('maenas_nasbench201_1xb64-50e_cifar10', repository, fake_gpu)


def test_one_image_of_a_sparse_search_is_recorded_too(
    fake_gpu: FakeTensorMode, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = torch.ones(1, 1, 16, 16)
    with fake_gpu:
        monkeypatch.setattr(torch.cuda, 'is_current_stream_capturing', lambda: False)
        with pytest.raises(DataDependentOutputException):
            Visibility(on_gpu(pixels)).at(torch.empty(1, 2, 4, 4, device='cuda'))
        monkeypatch.setattr(torch.cuda, 'is_current_stream_capturing', lambda: True)
        assert Visibility(on_gpu(pixels)).at(torch.empty(1, 2, 4, 4, device='cuda')).shape == (1, 1, 4, 4)


def test_on_a_cpu_it_does_nothing() -> None:
    model = MODELS.build(
        dict(
            type='mmnas_mae.ClassificationSearch',
            backbone=dict(type='mmnas_mae.NASBench201Supernet', init_channels=2, cells_per_stage=1),
            head=dict(type='mmnas_mae.LinearHead', num_classes=2),
        )
    )
    runner, hook = SimpleNamespace(model=model), CudaGraphHook()
    hook.before_train(runner)
    hook.before_train_epoch(runner)
    assert model.execution is None
    hook.after_train(runner)
    assert not any(norm.fused for norm in model.modules() if isinstance(norm, masked_norm.MaskedBatchNorm2d))


def test_before_each_epoch_recordings_are_checked() -> None:
    execution = CapturedLosses(rerun)
    execution._unchecked = False
    CudaGraphHook().before_train_epoch(SimpleNamespace(model=SimpleNamespace(execution=execution)))
    assert execution._unchecked


@pytest.mark.parametrize(
    'relaxation, settings, said',
    [
        ('GumbelRelaxation', {}, 'not captured as CUDA graphs: GumbelRelaxation draws which operations run'),
        ('SoftmaxRelaxation', dict(ranks=2), 'not captured as CUDA graphs: gradients are averaged over several'),
        ('SoftmaxRelaxation', dict(dtype=torch.float16), 'not captured as CUDA graphs: gradients in float16 need'),
        ('SoftmaxRelaxation', dict(dtype=torch.bfloat16), 'steps are captured as CUDA graphs; the first step'),
        ('SoftmaxRelaxation', dict(hooks=[CompileHook()]), 'not captured as CUDA graphs: CompileHook runs the network'),
        ('SoftmaxRelaxation', dict(fused=False), "as CUDA graphs, with the library's normalisations, since there is"),
        ('SoftmaxRelaxation', {}, 'steps are captured as CUDA graphs; the first step'),
    ],
)
def test_the_log_says_whether_steps_are_captured(
    relaxation: str, settings: dict, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = 'mmnas_mae.engine.execution.cuda_graph_hook'
    monkeypatch.setattr(f'{module}.get_world_size', lambda: settings.get('ranks', 1))
    monkeypatch.setattr(f'{module}.CUDAGraphs', lambda: None)
    model = MODELS.build(
        dict(
            type='mmnas_mae.ClassificationSearch',
            backbone=dict(
                type='mmnas_mae.NASBench201Supernet',
                init_channels=2,
                cells_per_stage=1,
                relaxation=dict(type=f'mmnas_mae.{relaxation}'),
            ),
            head=dict(type='mmnas_mae.LinearHead', num_classes=2),
        )
    ).train()
    monkeypatch.setattr(type(model), 'parameters', lambda self: iter([SimpleNamespace(device=torch.device('cuda'))]))
    monkeypatch.setattr(f'{module}.fuse_norms', lambda model, fused=True: settings.get('fused', True))
    # As an AmpOptimWrapper sets it, which needs a GPU.
    monkeypatch.setattr(torch, 'is_autocast_enabled', lambda device='cuda': 'dtype' in settings)
    monkeypatch.setattr(torch, 'get_autocast_dtype', lambda device='cuda': settings['dtype'])
    wrapper = SimpleNamespace(optim_context=lambda model: nullcontext())
    lines: list[str] = []
    runner = SimpleNamespace(
        model=model,
        logger=SimpleNamespace(info=lines.append),
        hooks=settings.get('hooks', []),
        optim_wrapper=wrapper,
    )
    CudaGraphHook().before_train(runner)
    assert len(lines) == 1
    assert said in lines[0]
    assert (model.execution is None) == ('not captured' in said)
