"""Each objective by its defining equation, on a small search network."""

import math

import pytest
import torch
import torch.nn.functional as F
from mmengine.structures import BaseDataElement

from mmnas_mae.models import (
    ClassificationSearch,
    LinearHead,
    PixelHead,
    PredictiveSearch,
    RandomLabelSearch,
    RotationSearch,
)
from mmnas_mae.registry import MODELS

BACKBONE = dict(type='mmnas_mae.DARTSSupernet', space='darts_s0', init_channels=2, layers=3)
LINEAR = dict(type='mmnas_mae.LinearHead', num_classes=10)
MASKED = dict(
    neck=dict(type='mmnas_mae.HierarchicalDecoder', channels=8),
    head=dict(type='mmnas_mae.MaskedReconstructionHead'),
    mask_generator=dict(type='mmnas_mae.PatchMaskGenerator', patch_size=4, ratio=0.5, seed=3),
)


def build(kind, **kwargs):
    defaults = dict(cls_head=LINEAR, **MASKED) if kind == 'MIMDARTS' else dict(head=dict(LINEAR))
    return MODELS.build({'type': f'mmnas_mae.{kind}', 'backbone': dict(BACKBONE), **defaults, **kwargs})


def images(batch=3, side=8):
    return torch.randn(batch, 3, side, side, generator=torch.Generator().manual_seed(1))


def samples(*indices, labels=None):
    out = [BaseDataElement(metainfo=dict(sample_idx=index)) for index in indices]
    for sample, label in zip(out, labels or []):
        sample.gt_label = torch.tensor([label])
    return out


def naive_cross_entropy(logits, target):
    """-log of the softmax at the target, one answer after the other."""
    losses = []
    for row, label in zip(logits.tolist(), target.tolist()):
        losses.append(math.log(sum(math.exp(value) for value in row)) - row[label])
    return losses


# --- classification


@pytest.mark.parametrize(
    'backbone, norm, expected',
    [
        (dict(type='mmnas_mae.DARTSSupernet', space='darts_s0'), False, 1_930_618),  # quark0/darts
        (dict(type='mmnas_mae.NASBench201Supernet'), True, 1_692_826),  # D-X-Y/AutoDL-Projects
    ],
)
def test_the_supervised_twin_is_the_published_network(backbone, norm, expected):
    with torch.device('meta'):
        model = build('ClassificationSearch', backbone=backbone, head=dict(LINEAR, norm=norm))
    assert sum(p.numel() for p in model.weight_parameters()) == expected


def test_classification_is_the_cross_entropy_of_pooled_features():
    model, x, labels = build('ClassificationSearch'), images(), [7, 0, 3]
    loss = model(x, samples(1, 2, 3, labels=labels), mode='loss')['loss']
    pooled = model.backbone(x)[-1].flatten(2).mean(2)
    logits = pooled @ model.head.linear.weight.T + model.head.linear.bias
    expected = naive_cross_entropy(logits, torch.tensor(labels))
    assert loss.item() == pytest.approx(sum(expected) / 3, rel=1e-5)


def test_a_head_may_normalise_and_rectify_first():
    head, x = LinearHead(6, 4, norm=True), torch.randn(5, 6, 3, 3)
    centred = x - x.mean((0, 2, 3), keepdim=True)
    rectified = (centred / (centred.square().mean((0, 2, 3), keepdim=True) + 1e-5).sqrt()).clamp_min(0)
    torch.testing.assert_close(head(x, (3, 3)), head.linear(rectified.mean((2, 3))))


def test_label_smoothing_mixes_in_all_classes():
    model, x, labels = build('ClassificationSearch', label_smooth=0.1), images(), samples(1, 2, 3, labels=[7, 0, 3])
    prepared = model.prepare(x, labels)
    with torch.no_grad():
        logp = model.logits(prepared['images']).log_softmax(1)
    expected = -(0.9 * logp[range(3), [7, 0, 3]] + 0.1 * logp.mean(1)).mean()
    torch.testing.assert_close(model.losses(**prepared)['loss'], expected)


def test_predict_tells_loss_and_right_answers():
    model, x = build('ClassificationSearch').eval(), images()
    with torch.no_grad():
        logits = model.head(model.backbone(x)[-1], (8, 8))
    right = logits.argmax(1)
    labels = [int(right[0]), (int(right[1]) + 1) % 10, int(right[2])]
    with torch.no_grad():
        results = model(x, samples(4, 5, 6, labels=labels), mode='predict')
    assert [result.sample_idx for result in results] == [4, 5, 6]
    assert [float(result.correct) for result in results] == [1, 0, 1]
    expected = naive_cross_entropy(logits, torch.tensor(labels))
    assert [float(result.loss) for result in results] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize('kind', ['ClassificationSearch', 'MIMDARTS'])
@pytest.mark.parametrize('given', [None, [], samples(1, 2, 3), samples(1, 2, 3, labels=[1, 2])])
@pytest.mark.parametrize('mode', ['loss', 'predict'])
def test_supervised_objectives_say_when_labels_are_missing(kind, given, mode):
    with pytest.raises(ValueError, match='no gt_label: set with_label=True in mmnas_mae.PackImages'):
        build(kind)(images(), given, mode=mode)


# --- rotation


def test_each_image_is_shown_in_four_positions():
    model = build('RotationSearch')
    x = torch.arange(2 * 3 * 2 * 2).float().view(2, 3, 2, 2)
    shown, target = model.task(x, None)
    assert target.tolist() == [0, 1, 2, 3, 0, 1, 2, 3]
    # A quarter turn to the left takes the right column to the top row.
    (a, b), (c, d) = x[1, 2].tolist()
    turned = [[[a, b], [c, d]], [[b, d], [a, c]], [[d, c], [b, a]], [[c, a], [d, b]]]
    assert shown[4:, 2].tolist() == turned
    assert model.head.num_classes == 4


def test_rotation_is_the_mean_cross_entropy_over_all_positions():
    model, x = build('RotationSearch'), images()
    loss = model(x, mode='loss')['loss']
    views = torch.cat([torch.rot90(x, k, (2, 3)) for k in range(4)])
    logits = model.head(model.backbone(views)[-1], (8, 8))
    expected = naive_cross_entropy(logits, torch.arange(4).repeat_interleave(3))
    assert loss.item() == pytest.approx(sum(expected) / 12, rel=1e-5)


def test_a_held_out_image_is_judged_by_its_four_positions():
    model, x = build('RotationSearch').eval(), images()
    with torch.no_grad():
        results = model(x, samples(1, 2, 3), mode='predict')
        for image, result in zip(x, results):
            views = torch.stack([torch.rot90(image, k, (1, 2)) for k in range(4)])
            logits = model.head(model.backbone(views)[-1], (8, 8))
            expected = sum(naive_cross_entropy(logits, torch.arange(4))) / 4
            assert float(result.loss) == pytest.approx(expected, rel=1e-5)
            assert float(result.correct) == float((logits.argmax(1) == torch.arange(4)).float().mean())


def test_images_that_are_not_square_cannot_be_turned():
    with pytest.raises(ValueError, match='RotationSearch needs square images, got 4x6 pixels'):
        build('RotationSearch')(torch.zeros(1, 3, 4, 6), mode='loss')


# --- random labels


def test_a_random_label_belongs_to_the_image_alone():
    model, x = build('RandomLabelSearch'), images(4)
    (_, together), (_, turned) = (
        model.task(x, samples(10, 11, 12, 13)),
        model.task(x.flip(0), samples(13, 12, 11, 10)),
    )
    assert torch.equal(together, turned.flip(0))
    for i, index in enumerate((10, 11, 12, 13)):
        # Another batch, another augmentation, another state of every generator
        torch.manual_seed(i)
        _, alone = model.task(x[i : i + 1] + i, samples(index))
        assert alone.tolist() == [together[i]]
    _, again = build('RandomLabelSearch').task(x, samples(10, 11, 12, 13))
    assert torch.equal(again, together)


def test_random_labels_are_uniform_and_independent_of_the_seed_before():
    drawn = []
    for seed in (0, 1, 2, 2**32):
        model = build('RandomLabelSearch', seed=seed)
        drawn.append(torch.tensor([model.label(index) for index in range(4000)]))
        counts = torch.bincount(drawn[-1], minlength=10)
        # Chi-square with 9 degrees of freedom: below 27.9 with probability 0.999
        assert float(((counts - 400) ** 2 / 400).sum()) < 27.9
    for i, first in enumerate(drawn):
        for second in drawn[i + 1 :]:
            assert 0.08 < float((first == second).float().mean()) < 0.12


def test_random_labels_are_learnt():
    model, x, given = build('RandomLabelSearch'), images(4), samples(0, 1, 2, 3)
    target = torch.tensor([model.label(index) for index in range(4)])
    prepared = model.prepare(x, given)
    assert torch.equal(prepared['target'], target)
    expected = F.cross_entropy(model.head(model.backbone(x)[-1], (8, 8)), target)
    torch.testing.assert_close(model.losses(**prepared)['loss'], expected)


@pytest.mark.parametrize('given', [None, [BaseDataElement() for _ in range(3)]])
def test_random_labels_need_to_know_the_image(given):
    with pytest.raises(
        ValueError, match="by its sample_idx, which the samples lack: keep 'sample_idx' among meta_keys"
    ):
        build('RandomLabelSearch')(images(), given, mode='loss')


# --- what they share


class Sealed(BaseDataElement):
    """A sample whose label may not be looked at."""

    def __contains__(self, name):
        assert name != 'gt_label'
        return super().__contains__(name)

    @property
    def gt_label(self):
        raise AssertionError('a label was read')


KINDS = {
    'ClassificationSearch': {},
    'RotationSearch': {},
    'ColorizationSearch': dict(head=dict(type='mmnas_mae.PixelHead')),
    'JigsawSearch': {},
    'RandomLabelSearch': {},
    'MIMDARTS': {},
}


@pytest.mark.parametrize('kind', KINDS)
def test_a_prepared_batch_has_the_same_loss_each_time(kind):
    model = build(kind, **KINDS[kind])
    prepared = model.prepare(images(), samples(1, 2, 3, labels=[4, 5, 6]))
    torch.manual_seed(1)
    first = model.parse_losses(model.losses(**prepared))[0]
    torch.manual_seed(2)
    second = model.parse_losses(model.losses(**prepared))[0]
    assert torch.equal(first, second)


@pytest.mark.parametrize('kind', KINDS)
def test_head_and_backbone_are_weights_and_alpha_is_not(kind):
    model = build(kind, **KINDS[kind])
    weights = {id(p) for p in model.weight_parameters()}
    alphas = {id(p) for p in model.arch_parameters()}
    assert weights.isdisjoint(alphas)
    assert {id(p) for p in model.parameters()} == weights | alphas
    losses = model(images(), samples(1, 2, 3, labels=[4, 5, 6]), mode='loss')
    sum(losses.values()).backward()
    for name, parameter in model.named_parameters():
        assert (parameter.grad is None) == ('.alphas.' in name), name


@pytest.mark.parametrize('kind', KINDS)
def test_a_held_out_result_depends_on_the_sample_alone(kind):
    model = build(kind, **KINDS[kind]).eval()
    x, labels = images(), [4, 5, 6]
    with torch.no_grad():
        together = model.predict(x, samples(7, 8, 9, labels=labels))
        model(x, samples(7, 8, 9, labels=labels), mode='loss')
        alone = [model.predict(x[i : i + 1], samples(7 + i, labels=labels[i:]))[0] for i in range(3)]
    for a, b in zip(together, alone):
        assert float(a.loss) == pytest.approx(float(b.loss), rel=1e-4)
        assert float(a.correct) == pytest.approx(float(b.correct))


def test_the_base_says_what_a_task_must_be():
    for kind in (ClassificationSearch, RotationSearch, RandomLabelSearch):
        assert issubclass(kind, PredictiveSearch)
    with pytest.raises(TypeError, match='abstract'):
        PredictiveSearch(dict(BACKBONE), dict(LINEAR))


def test_a_pixel_head_upsamples_between_the_corners():
    head = PixelHead(2, 1)
    with torch.no_grad():
        head.conv.weight.copy_(torch.tensor([1.0, 0.0]).view(1, 2, 1, 1))
        head.conv.bias.zero_()
    feature = torch.tensor([[[[0.0, 3.0], [6.0, 9.0]]] * 2])
    # Corners stay where they are, and between them values change linearly.
    expected = torch.tensor([[row + column for column in range(4)] for row in (0, 2, 4, 6)]).float()
    torch.testing.assert_close(head(feature, (4, 4))[0, 0], expected)


@pytest.mark.parametrize('kind', KINDS)
def test_only_supervised_objectives_look_at_a_label(kind):
    model, given = build(kind, **KINDS[kind]), [Sealed(metainfo=dict(sample_idx=i)) for i in range(3)]
    for mode in ('loss', 'predict'):
        if kind in ('ClassificationSearch', 'MIMDARTS'):
            with pytest.raises(AssertionError):
                model(images(), given, mode=mode)
        else:
            model(images(), given, mode=mode)
