"""What validation says of a search."""

import pytest
import torch

from mmnas_mae.engine import ReconstructionMetric


def test_the_error_of_pixels_stands_beside_the_score_of_the_objective() -> None:
    metric = ReconstructionMetric()
    metric.process(None, [dict(l1=0.5, loss=1.0), dict(l1=0.7, loss=2.0)])
    metric.process(None, [dict(l1=0.9, loss=6.0)])
    values = metric.evaluate(size=3)
    assert values == pytest.approx({'reconstruction/l1': 0.7, 'reconstruction/score': -3.0})


def test_what_needs_no_network_is_measured_once() -> None:
    """A ramp with two columns masked: interpolation is exact, the mean of the visible pixels (0, 0, 3, 3) is not."""
    image = torch.tensor([0.0, 0.0, 1.0, 2.0, 3.0, 3.0]).expand(1, 2, 6)
    mask = torch.tensor([0.0, 0.0, 1.0, 1.0, 0.0, 0.0]).expand(1, 2, 6)
    metric = ReconstructionMetric(trivial_images=1)
    for _ in range(2):
        flat = torch.zeros_like(image)
        metric.process(None, [dict(l1=0.5, loss=0.5, image=each, mask=mask) for each in (image, flat)])
        values = metric.evaluate(size=2)
        assert values['reconstruction/l1_image_mean'] == pytest.approx(0.5)
        assert values['reconstruction/l1_diffusion_fill'] == pytest.approx(0, abs=1e-3)
        assert values['reconstruction/score'] == -0.5
        mask = torch.ones_like(mask)  # a second measurement would fail: no pixel is visible


def test_no_trivial_fill_is_measured_where_none_is_asked_for() -> None:
    metric = ReconstructionMetric(trivial_images=0)
    metric.process(None, [dict(l1=0.5, loss=0.5, image=torch.zeros(1, 2, 2), mask=torch.ones(1, 2, 2))])
    assert set(metric.evaluate(size=1)) == {'reconstruction/l1', 'reconstruction/score'}
