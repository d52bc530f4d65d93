"""Batch statistics over all ranks."""

from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from ...models import MaskedBatchNorm2d
from ...registry import HOOKS


@HOOKS.register_module()
class SyncBatchNormHook(Hook):
    """Normalises by the statistics of the global batch where a model is trained by several processes.

    Instead of MMEngine's ``sync_bn``, which would replace the masked normalisation of the
    cells by one that knows no mask and no alpha. It runs on CPUs as well. Each
    normalisation costs two reductions over ranks, so it is worth its time only where
    the batch of one process is small.
    """

    def before_run(self, runner: Runner) -> None:
        """Switches the normalisations over.

        Raises:
            TypeError: the model has a normalisation of another kind.
        """
        synchronize_norms(runner.model)


def synchronize_norms(model: nn.Module) -> None:
    """Lets every normalisation of ``model`` take its batch statistics over all ranks.

    Raises:
        TypeError: the model has a normalisation of another kind.
    """
    for parent in list(model.modules()):
        for name, norm in parent.named_children():
            if type(norm) is nn.BatchNorm2d:
                # The same parameters and buffers, so that optimizers and DDP notice nothing.
                masked = MaskedBatchNorm2d(norm.num_features)
                vars(masked).update(vars(norm))
                setattr(parent, name, masked)
                norm = masked
            if isinstance(norm, MaskedBatchNorm2d):
                norm.sync = True
            elif isinstance(norm, _BatchNorm):
                raise TypeError(f'SyncBatchNormHook synchronises BatchNorm2d only; {name} is {type(norm).__name__}')
