"""What validation says of a search."""

import pytest

from mmnas_mae.engine import ReconstructionMetric


def test_the_error_of_pixels_stands_beside_the_score_of_the_objective() -> None:
    metric = ReconstructionMetric()
    metric.process(None, [dict(l1=0.5, loss=1.0), dict(l1=0.7, loss=2.0)])
    metric.process(None, [dict(l1=0.9, loss=6.0)])
    values = metric.evaluate(size=3)
    assert values == pytest.approx({'reconstruction/l1': 0.7, 'reconstruction/score': -3.0})
