"""The yardsticks of reconstruction losses, on the held-out images of a search."""

import numpy as np
import pytest
import torch

from mmnas_mae.scores.scores import trivial_losses


def test_trivial_losses_are_those_of_the_scored_images_and_masks(small_run):
    run = small_run(heldout=96)
    losses = trivial_losses(run)
    assert 0.2 < losses['diffusion_fill'] < losses['image_mean'] < 1.2
    # The mean of what is visible, written out for one image after the other.
    model, by_hand = run.model, []
    for batch in run.heldout.batches(64):
        masks = model.fixed_mask(batch['inputs'], batch['data_samples'])
        for image, mask in zip(batch['inputs'], masks[:, 0].bool()):
            error = [(channel[mask] - channel[~mask].mean()).abs().mean() for channel in image]
            by_hand.append(float(torch.stack(error).mean()))
    assert losses['image_mean'] == pytest.approx(np.mean(by_hand), rel=1e-5)
    assert trivial_losses(run, 'l1') == pytest.approx(losses, rel=1e-6)


def test_only_errors_of_images_have_yardsticks(small_run):
    assert trivial_losses(small_run('darts_nasbench201_1xb64-50e_cifar10', heldout=4)) == {}
    normalised = small_run(heldout=4, options={'model.head.target': dict(type='mmnas_mae.PatchNormTarget')})
    assert trivial_losses(normalised) == {}
    assert trivial_losses(normalised, 'l1') == trivial_losses(small_run(heldout=4), 'l1')
