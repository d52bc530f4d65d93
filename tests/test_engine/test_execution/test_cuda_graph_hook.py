"""What a step asks of a GPU can be captured: nothing is read from it, and nothing lies elsewhere."""

from types import SimpleNamespace
from typing import Any, Iterator

import pytest
import torch
from mmengine.structures import BaseDataElement
from torch import Tensor, nn
from torch._subclasses.fake_tensor import DataDependentOutputException, FakeTensorMode
from torch.func import functional_call

from mmnas_mae.costs import Budget
from mmnas_mae.costs.search_budget import SearchBudget
from mmnas_mae.engine import CudaGraphHook
from mmnas_mae.engine.execution.captured_losses import CapturedLosses
from mmnas_mae.models import NASBench201Supernet, SearchModel
from mmnas_mae.models.layers import masked_norm
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
        loss = functional_call(Loss(model), state, kwargs={key: on_gpu(x) for key, x in prepared.items()})
    assert loss.device.type == 'cuda'
    return True


@pytest.mark.parametrize('name', FEW)
def test_steps_read_nothing_from_the_device(name: str, repository: Any, fake_gpu: FakeTensorMode) -> None:
    assert check(name, repository, fake_gpu)


def test_a_budget_reads_nothing_either(repository: Any, fake_gpu: FakeTensorMode) -> None:
    # Its tables are brought to the GPU by the first step.
    fake_gpu.allow_non_fake_inputs = True
    assert check('maenas_nasbench201_1xb64-50e_cifar10', repository, fake_gpu, macs=40e6)


@pytest.mark.slow
def test_no_search_config_reads_anything_from_the_device(repository: Any, fake_gpu: FakeTensorMode) -> None:
    names = sorted(path.stem for path in (repository / 'configs/search').glob('*_cifar10*.py'))
    captured = [name for name in names if check(name, repository, fake_gpu)]
    assert len(captured) > 30


def test_the_check_finds_what_reads(repository: Any, fake_gpu: FakeTensorMode, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = NASBench201Supernet.forward

    def reading(self: Any, x: Tensor, visible: Any = None) -> Any:
        float(x.sum())
        return weights(self, x, visible)

    monkeypatch.setattr(NASBench201Supernet, 'forward', reading)
    with pytest.raises(DataDependentOutputException):
        check('maenas_nasbench201_1xb64-50e_cifar10', repository, fake_gpu)


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


@pytest.mark.parametrize(
    'relaxation, ranks, said',
    [
        ('GumbelRelaxation', 1, 'not captured as CUDA graphs: GumbelRelaxation draws which operations run'),
        ('SoftmaxRelaxation', 2, 'not captured as CUDA graphs: gradients are averaged over several processes'),
        ('SoftmaxRelaxation', 1, 'steps are captured as CUDA graphs'),
    ],
)
def test_the_log_says_whether_steps_are_captured(
    relaxation: str, ranks: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = 'mmnas_mae.engine.execution.cuda_graph_hook'
    monkeypatch.setattr(f'{module}.get_world_size', lambda: ranks)
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
    monkeypatch.setattr(f'{module}.fuse_norms', lambda model, fused=True: fused)
    lines: list[str] = []
    CudaGraphHook().before_train(SimpleNamespace(model=model, logger=SimpleNamespace(info=lines.append)))
    assert len(lines) == 1
    assert said in lines[0]
    assert (model.execution is None) == ('not captured' in said)
