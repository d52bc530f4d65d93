"""Targets and objectives of an outside project: what they need not give is not asked of them."""

import pytest
import torch
from mmengine.structures import BaseDataElement
from torch import Tensor

from mmnas_mae.engine import PredictionMetric, ReconstructionMetric
from mmnas_mae.models import MAENAS, ReconstructionTarget
from mmnas_mae.models.objectives.prediction import predictions
from mmnas_mae.registry import MODELS


@MODELS.register_module()
class OrientationTarget(ReconstructionTarget):
    """Horizontal gradients of every channel and their absolute values: two maps for each, no pixels."""

    def out_channels(self, image_channels: int) -> int:
        return 2 * image_channels

    def __call__(self, reconstruction: Tensor, images: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        steps = images - images.roll(1, -1)
        return reconstruction - torch.cat([steps, steps.abs()], 1), mask


def model_with(neck: str) -> MAENAS:
    return MODELS.build(
        dict(
            type='mmnas_mae.MAENAS',
            backbone=dict(type='mmnas_mae.NASBench201Supernet', init_channels=2, cells_per_stage=1),
            neck=dict(type=f'mmnas_mae.{neck}'),
            head=dict(type='mmnas_mae.MaskedReconstructionHead', target=dict(type=OrientationTarget)),
            mask_generator=dict(type='mmnas_mae.PatchMaskGenerator', patch_size=4, ratio=0.5),
            masks=2,
        )
    )


@pytest.mark.parametrize('neck', ['HierarchicalDecoder', 'SingleScaleDecoder', 'PerScaleDecoder'])
def test_the_decoder_gives_what_the_target_declares(neck: str) -> None:
    model, images = model_with(neck).eval(), torch.randn(2, 3, 16, 16)
    with torch.no_grad():
        mask = model.fixed_mask(images, [BaseDataElement()] * 2)
        given = model.reconstruct(images, mask)
        given = given if isinstance(given, tuple) else (given,)
        assert {tuple(each.shape) for each in given} == {(2, 6, 16, 16)}
        steps = images - images.roll(1, -1)
        wanted = torch.cat([steps, steps.abs()], 1)
        errors = [((each - wanted).abs() * mask).sum() / (6 * mask.sum()) for each in given]
        torch.testing.assert_close(model.head.loss(given, images, mask)['loss'], torch.stack(errors).mean())


def test_a_target_without_pixels_has_no_l1_and_no_picture() -> None:
    model = model_with('HierarchicalDecoder').eval()
    with torch.no_grad():
        results = model.predict(torch.randn(2, 3, 16, 16))
    assert set(results[0].keys()) == {'loss', 'image', 'mask'}
    metric = ReconstructionMetric()
    metric.process(None, [result.to_dict() for result in results])
    mean = sum(float(result.loss) for result in results) / 2
    assert metric.evaluate(2) == {'reconstruction/score': pytest.approx(-mean)}


def test_an_objective_without_answers_is_scored_by_its_loss() -> None:
    samples = predictions([BaseDataElement(metainfo=dict(sample_idx=7))] * 2, torch.tensor([1.0, 2.0]))
    assert samples[0].sample_idx == 7
    metric = PredictionMetric()
    metric.process(None, [sample.to_dict() for sample in samples])
    assert metric.evaluate(2) == {'objective/mean': 1.5, 'objective/score': -1.5}
    with pytest.raises(ValueError, match="PredictionMetric.score is 'accuracy', but the objective gives no answers"):
        PredictionMetric(score='accuracy').process(None, [dict(loss=1.0)])
