"""Normalisation over visible positions against arithmetic position by position."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from mmnas_mae.models import FeatureBridge, MaskedBatchNorm2d, PatchMaskGenerator, Visibility
from mmnas_mae.models.layers.masked_norm import hide


def case(height=8, width=8, seed=0):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(3, 5, height, width, generator=generator, dtype=torch.float64) * 3 + 2
    mask = (torch.rand(3, 1, height, width, generator=generator) < 0.6).double()
    mask[2] = 1
    return x, mask


def by_position(x, mask, norm):
    """Mean and variance of the visible positions, one after the other, in numpy."""
    x, seen = x.numpy(), mask.numpy()[:, 0] == 0
    out = np.zeros_like(x)
    means, variances = [], []
    for c in range(x.shape[1]):
        values = [x[b, c, i, j] for b, i, j in zip(*np.nonzero(seen))]
        mean = sum(values) / len(values)
        var = sum((v - mean) ** 2 for v in values) / len(values)
        for b, i, j in zip(*np.nonzero(seen)):
            out[b, c, i, j] = (x[b, c, i, j] - mean) / np.sqrt(var + norm.eps)
            if norm.affine:
                out[b, c, i, j] = out[b, c, i, j] * norm.weight[c].item() + norm.bias[c].item()
        means.append(mean)
        variances.append(var * len(values) / (len(values) - 1))
    return torch.from_numpy(out), torch.tensor(means), torch.tensor(variances)


def make_norm(affine, **kwargs):
    norm = MaskedBatchNorm2d(5, affine=affine, **kwargs).double()
    if affine:
        nn.init.uniform_(norm.weight, 0.5, 2)
        nn.init.uniform_(norm.bias, -1, 1)
    return norm


def gathered(x, mask):
    """The visible positions as one long image."""
    return x.transpose(0, 1)[:, (mask == 0)[:, 0]][None, :, None]


@pytest.mark.parametrize('affine', [True, False])
def test_masked_norm_equals_arithmetic_by_position(affine):
    x, mask = case()
    norm = make_norm(affine)
    out = norm(x, Visibility(mask))
    expected, mean, var = by_position(x, mask, norm)
    torch.testing.assert_close(out, expected, rtol=1e-12, atol=1e-12)
    assert torch.equal(out[(mask == 1).expand_as(out)], torch.zeros(int(mask.sum()) * 5, dtype=torch.float64))
    torch.testing.assert_close(norm.running_mean, 0.1 * mean)
    torch.testing.assert_close(norm.running_var, 0.9 + 0.1 * var)
    assert int(norm.num_batches_tracked) == 1


@pytest.mark.parametrize('momentum', [0.1, 0.37, None])
@pytest.mark.parametrize('affine', [True, False])
def test_masked_norm_equals_torch_on_the_gathered_positions(affine, momentum):
    norm, plain = make_norm(affine, momentum=momentum), nn.BatchNorm2d(5, affine=affine, momentum=momentum).double()
    plain.load_state_dict(norm.state_dict())
    for seed in range(3):
        x, mask = case(seed=seed)
        torch.testing.assert_close(gathered(norm(x, Visibility(mask)), mask), plain(gathered(x, mask)))
    for key, value in plain.state_dict().items():
        torch.testing.assert_close(norm.state_dict()[key], value)
    norm.eval()
    plain.eval()
    out = norm(x, Visibility(mask))
    torch.testing.assert_close(gathered(out, mask), plain(gathered(x, mask)))
    assert not out[(mask == 1).expand_as(out)].any()
    assert int(norm.num_batches_tracked) == 3


@pytest.mark.parametrize('training', [True, False])
def test_masked_norm_without_running_statistics(training):
    x, mask = case()
    norm = make_norm(True, track_running_stats=False).train(training)
    torch.testing.assert_close(norm(x, Visibility(mask)), by_position(x, mask, norm)[0])


@pytest.mark.parametrize('visible', [None, Visibility(torch.zeros(3, 1, 8, 8, dtype=torch.float64))])
@pytest.mark.parametrize('affine', [True, False])
def test_masked_norm_is_plain_where_all_is_visible(affine, visible):
    x, _ = case()
    norm, plain = make_norm(affine), nn.BatchNorm2d(5, affine=affine).double()
    plain.load_state_dict(norm.state_dict())
    for _ in range(2):
        torch.testing.assert_close(norm(x, visible), plain(x))
    torch.testing.assert_close(norm.running_var, plain.running_var)
    torch.testing.assert_close(norm.eval()(x, visible), plain.eval()(x))


@pytest.mark.parametrize('training', [True, False])
@pytest.mark.parametrize('affine', [True, False])
def test_masked_norm_gradients(affine, training):
    x, mask = case(4, 4)
    norm = make_norm(affine).train(training)
    nn.init.uniform_(norm.running_mean, -1, 1)
    x.requires_grad_()

    def forward(x, *parameters):
        return torch.func.functional_call(norm, dict(zip(('weight', 'bias'), parameters)), (x, Visibility(mask)))

    assert torch.autograd.gradcheck(forward, (x, *norm.parameters()))
    (gradient,) = torch.autograd.grad(forward(x).square().sum(), x)
    assert float(gradient[(mask == 1).expand_as(x)].abs().sum()) == 0


def test_masked_positions_have_no_say():
    x, mask = case()
    other = x + mask * torch.randn_like(x) * 100
    norm = make_norm(True)
    torch.testing.assert_close(norm(x, Visibility(mask)), norm(other, Visibility(mask)), rtol=1e-12, atol=1e-12)


def test_masked_norm_counts_positions_in_half_precision():
    # bfloat16 has no whole number between 256 and 258; the mean over 40,000 positions still holds.
    x = torch.randn(4, 2, 100, 100) + 3
    mask = torch.zeros(4, 1, 100, 100)
    mask[..., :1] = 1
    norm = MaskedBatchNorm2d(2, affine=False)
    out = norm(x.bfloat16(), Visibility(mask))
    assert out.dtype == torch.bfloat16
    exact = MaskedBatchNorm2d(2, affine=False)
    torch.testing.assert_close(out.float(), exact(x.bfloat16().float(), Visibility(mask)), rtol=1e-2, atol=1e-2)
    torch.testing.assert_close(norm.running_mean, exact.running_mean, rtol=1e-6, atol=1e-6)


def test_two_visible_positions_of_the_batch_are_enough_and_one_is_not():
    x, _ = case()
    mask = torch.ones(3, 1, 8, 8)
    mask[0, :, 0, 0] = 0
    norm = make_norm(True)
    with pytest.raises(ValueError, match='fewer than two visible positions on a 8x8 map.*masking="input"'):
        norm(x, Visibility(mask))
    mask[1, :, 3, 3] = 0
    out = norm(x, Visibility(mask))
    assert bool(out.isfinite().all())
    assert int(out.count_nonzero()) == 2 * 5


def test_the_bridge_normalises_and_fills_what_is_masked():
    mask = PatchMaskGenerator(4, 0.5)(torch.zeros(3, 3, 16, 16, dtype=torch.float64))
    features = tuple(
        hide(torch.randn(3, c, s, s, dtype=torch.float64) * 5 + 1, Visibility(mask)) for c, s in ((2, 16), (4, 8))
    )
    bridge = FeatureBridge((2, 4), mask_token=True).double()
    for i, (x, out) in enumerate(zip(features, bridge(features, Visibility(mask)))):
        seen = F.adaptive_max_pool2d(1 - mask, x.shape[-1])
        norm = nn.BatchNorm2d(x.shape[1], affine=False).double()
        torch.testing.assert_close(gathered(out, 1 - seen), norm(gathered(x, 1 - seen)))
        token = bridge.tokens[i].detach().expand_as(out)
        torch.testing.assert_close(out * (1 - seen), token * (1 - seen))
        assert 0 < float(token.std()) < 0.06
    assert len(list(bridge.parameters())) == 2


def test_the_bridge_can_leave_features_as_they_are():
    features = (torch.randn(2, 3, 8, 8), torch.randn(2, 6, 4, 4))
    for x, out in zip(features, FeatureBridge((3, 6), norm=False)(features)):
        assert out is x
    plain = FeatureBridge((3, 6))(features)
    torch.testing.assert_close(plain[1], F.batch_norm(features[1], None, None, training=True))
    assert not list(FeatureBridge((3, 6)).parameters())
