"""How good a network is on images with labels: after a training, or frozen under a probe."""

from typing import Any, NamedTuple, Optional, Sequence

import torch
import torch.nn.functional as F
from mmengine.utils.dl_utils.parrots_wrapper import _BatchNorm
from torch import Tensor, nn

#: Strengths of the penalty among which the linear probe chooses, as a share of the mean loss.
PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1)
#: Neighbours and temperature of the vote, those of DINO (Caron et al. 2021).
NEIGHBOURS, TEMPERATURE = 20, 0.07


class Score(NamedTuple):
    """What came out.

    Args:
        accuracy: per cent.
        loss: mean cross-entropy; None where there are no probabilities.
    """

    accuracy: float
    loss: Optional[float] = None


@torch.no_grad()
def judge_classifier(model: nn.Module, loader: Any) -> Score:
    """Accuracy and loss of a classifier of mmpretrain on the images of a loader."""
    model.eval()
    right, loss, total = 0, 0.0, 0
    for batch in loader:
        for sample in model.test_step(batch):
            label = int(sample.gt_label)
            right += int(sample.pred_score.argmax()) == label
            loss -= float(sample.pred_score[label].double().clamp_min(1e-30).log())
            total += 1
    return Score(100 * right / total, loss / total)


@torch.no_grad()
def settle_statistics(model: nn.Module, loader: Any) -> None:
    """Takes the running statistics of batch normalisation anew, as means over one pass through images.

    A frozen network of drawn weights has none, and those of ``sparse`` masking are of images with holes.
    """
    norms = [module for module in model.modules() if isinstance(module, _BatchNorm) and module.track_running_stats]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        # None means a cumulative average.
        norm.momentum = None
    model.train()
    for batch in loader:
        model.backbone(model.data_preprocessor(batch)['inputs'])
    for norm, momentum in zip(norms, momenta):
        norm.momentum = momentum
    model.eval()


@torch.no_grad()
def features(model: nn.Module, loader: Any) -> tuple[Tensor, Tensor]:
    """The means over the last map, (N, C) in double precision, and the labels, (N,), of a frozen classifier."""
    model.eval()
    rows, labels = [], []
    for batch in loader:
        data = model.data_preprocessor(batch)
        rows.append(model.backbone(data['inputs'])[-1].mean((2, 3)).double().cpu())
        labels += [int(sample.gt_label) for sample in data['data_samples']]
    return torch.cat(rows), torch.tensor(labels)


class LinearProbe:
    """Multinomial logistic regression on features, each divided by its deviation, by L-BFGS.

    Args:
        penalty: on the squares of the weights, beside the mean loss.
        num_classes: number of classes.
    """

    def __init__(self, penalty: float, num_classes: int) -> None:
        self.penalty = penalty
        self.num_classes = num_classes

    def fit(self, rows: Tensor, labels: Tensor) -> 'LinearProbe':
        """
        Args:
            rows (Tensor): (N, C) features.
            labels (Tensor): (N,) classes.
        """
        self.mean, self.std = rows.mean(0), rows.std(0, unbiased=False).clamp_min(1e-12)
        inputs = (rows - self.mean) / self.std
        self.weight = torch.zeros(self.num_classes, rows.shape[1], dtype=rows.dtype, requires_grad=True)
        self.bias = torch.zeros(self.num_classes, dtype=rows.dtype, requires_grad=True)
        optimizer = torch.optim.LBFGS([self.weight, self.bias], max_iter=200, line_search_fn='strong_wolfe')

        def closure() -> Tensor:
            optimizer.zero_grad()
            loss = F.cross_entropy(inputs @ self.weight.T + self.bias, labels)
            loss = loss + self.penalty * self.weight.square().sum()
            loss.backward()
            return loss

        optimizer.step(closure)
        return self

    @torch.no_grad()
    def judge(self, rows: Tensor, labels: Tensor) -> Score:
        """Accuracy and loss on other features."""
        logits = (rows - self.mean) / self.std @ self.weight.T + self.bias
        return score_of(logits, labels)


def judge_linear(
    train: tuple[Tensor, Tensor],
    heldout: tuple[Tensor, Tensor],
    num_classes: int,
    trial_share: float,
    penalties: Sequence[float] = PENALTIES,
) -> tuple[Score, float]:
    """A linear probe, and the penalty that was best on the last ``trial_share`` of the labelled features.

    Args:
        train, heldout: features (N, C) and labels (N,), in a random order.
        num_classes: number of classes.
        trial_share: share that the penalty is chosen on.
        penalties: among which.
    """
    rows, labels = train
    kept = max(1, min(len(rows) - 1, round((1 - trial_share) * len(rows))))
    tried = {
        penalty: LinearProbe(penalty, num_classes).fit(rows[:kept], labels[:kept]).judge(rows[kept:], labels[kept:])
        for penalty in penalties
    }
    best = min(tried, key=lambda penalty: tried[penalty].loss)
    return LinearProbe(best, num_classes).fit(rows, labels).judge(*heldout), best


def judge_neighbours(train: tuple[Tensor, Tensor], heldout: tuple[Tensor, Tensor], num_classes: int) -> Score:
    """The weighted vote of the nearest labelled features by cosine, as DINO takes it.

    Args:
        train, heldout: features (N, C) and labels (N,).
        num_classes: number of classes.
    """
    (rows, labels), (others, truth) = train, heldout
    # Features that are never negative are all alike by their cosine, unless their mean is taken away.
    mean = rows.mean(0)
    alike = F.normalize(others - mean) @ F.normalize(rows - mean).T
    nearest, places = alike.topk(min(NEIGHBOURS, len(rows)))
    votes = torch.zeros(len(others), num_classes, dtype=rows.dtype)
    votes.scatter_add_(1, labels[places], (nearest / TEMPERATURE).exp())
    return Score(100 * float((votes.argmax(1) == truth).double().mean()))


def score_of(logits: Tensor, labels: Tensor) -> Score:
    """Accuracy and loss of logits, (N, classes)."""
    right = (logits.argmax(1) == labels).double().mean()
    return Score(100 * float(right), float(F.cross_entropy(logits, labels)))
