"""Activation checkpointing changes memory, and nothing else."""

import copy
from typing import Any, Callable

import pytest
import torch

from mmnas_mae.engine import first_order, second_order
from mmnas_mae.registry import MODELS

BACKBONES = dict(
    darts=dict(type='mmnas_mae.DARTSSupernet', init_channels=2, layers=3),
    partial=dict(
        type='mmnas_mae.DARTSSupernet',
        init_channels=4,
        layers=3,
        connection=dict(type='mmnas_mae.PartialMixedOp', portion=4),
        edge_norm=True,
    ),
    s4=dict(type='mmnas_mae.DARTSSupernet', space='darts_s4', init_channels=2, layers=3),
    nasbench201=dict(type='mmnas_mae.NASBench201Supernet', init_channels=2, cells_per_stage=1),
    nasbench101=dict(type='mmnas_mae.NASBench101Supernet', stem_channels=8, num_stacks=3, num_modules_per_stack=1),
)


def build(backbone: dict, masking: str = 'input', **kwargs: Any) -> torch.nn.Module:
    torch.manual_seed(1)
    model = MODELS.build(
        dict(
            type='mmnas_mae.MAENAS',
            backbone=dict(backbone, **kwargs),
            neck=dict(type='mmnas_mae.HierarchicalDecoder'),
            head=dict(type='mmnas_mae.MaskedReconstructionHead'),
            mask_generator=dict(type='mmnas_mae.PatchMaskGenerator', patch_size=4, ratio=0.5),
            masking=masking,
        )
    )
    return model.train()


def pair(name: str, masking: str = 'input') -> tuple:
    """A model without and one with checkpointing, and the loss of a batch for any model."""
    plain, saving = build(BACKBONES[name], masking), build(BACKBONES[name], masking, with_cp=True)
    for model in (plain, saving):
        if 'DARTS' in BACKBONES[name]['type']:
            model.backbone.drop_path_prob = 0.3
    prepared = plain.prepare(torch.randn(4, 3, 16, 16))

    def loss(model: torch.nn.Module) -> Callable[[], torch.Tensor]:
        return lambda: model.losses(**prepared)['loss']

    return plain, saving, loss


def assert_same_state(plain: torch.nn.Module, saving: torch.nn.Module) -> None:
    other = saving.state_dict()
    for name, value in plain.state_dict().items():
        assert torch.equal(value, other[name]), name


@pytest.mark.parametrize(
    'name, masking',
    [
        ('darts', 'input'),
        ('darts', 'sparse'),
        ('partial', 'sparse'),
        ('s4', 'input'),
        ('nasbench201', 'sparse'),
        ('nasbench101', 'input'),
    ],
)
def test_loss_gradients_buffers_and_random_state_are_equal(name: str, masking: str) -> None:
    plain, saving, loss = pair(name, masking)
    before = copy.deepcopy(saving.state_dict())
    results = []
    for model in (plain, saving):
        torch.manual_seed(2)
        value = loss(model)()
        value.backward()
        grads = {name: p.grad for name, p in model.named_parameters()}
        results.append((value, grads, torch.get_rng_state()))
    (value, grads, state), (other_value, other_grads, other_state) = results
    assert torch.equal(value, other_value)
    assert torch.equal(state, other_state)
    for name_, grad in grads.items():
        assert (grad is None) == (other_grads[name_] is None), name_
        assert grad is None or torch.equal(grad, other_grads[name_]), name_
    assert_same_state(plain, saving)
    # The statistics did move, by one step of the momentum.
    moved = [n for n, v in saving.state_dict().items() if n.endswith('num_batches_tracked')]
    assert moved
    assert all(int(saving.state_dict()[n]) - int(before[n]) <= 1 for n in moved)
    assert any(int(saving.state_dict()[n]) == 1 for n in moved)


@pytest.mark.parametrize('name', ['darts', 'nasbench201'])
def test_alpha_gradients_of_both_orders_are_equal(name: str) -> None:
    plain, saving, loss = pair(name)
    for order in (1, 2):
        found = []
        for model in (plain, saving):
            torch.manual_seed(3)
            alphas, weights = model.arch_parameters(), model.weight_parameters()
            if order == 1:
                grads, value = first_order(loss(model), alphas)
            else:
                sgd = torch.optim.SGD(weights, lr=0.1, momentum=0.9, weight_decay=3e-4)
                grads, value = second_order(loss(model), loss(model), alphas, weights, sgd, buffers=model.buffers())
            found.append([*grads, value])
        for a, b in zip(*found):
            assert torch.equal(a, b)
        assert float(found[0][0].abs().sum()) > 0
        assert_same_state(plain, saving)


def test_fewer_activations_are_kept() -> None:
    """What autograd saves for the backward pass, counted by its hooks."""
    plain, saving, loss = pair('darts')
    kept = []
    for model in (plain, saving):
        sizes: dict[int, int] = {}

        def pack(tensor: torch.Tensor, sizes: dict = sizes) -> torch.Tensor:
            sizes[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            value = loss(model)()
        kept.append(sum(sizes.values()))
        del value
    assert kept[1] < 0.5 * kept[0]


def test_derived_backbone_with_running_statistics() -> None:
    """All normalisations of a derived network keep running statistics."""
    networks = []
    for with_cp in (False, True):
        torch.manual_seed(0)
        cfg = dict(type='mmnas_mae.GenotypeBackbone', genotype='DARTS_V2', init_channels=4, layers=3, with_cp=with_cp)
        network = MODELS.build(cfg).train()
        network.drop_path_prob = 0.2
        networks.append(network)
    images = torch.randn(4, 3, 16, 16)
    for network in networks:
        torch.manual_seed(5)
        for _ in range(2):
            sum(x.square().mean() for x in network(images)).backward()
    assert_same_state(*networks)
    for a, b in zip(*(n.parameters() for n in networks)):
        assert torch.equal(a.grad, b.grad)
