"""Two optimizers: one for the weights, one for the architecture."""

import inspect
from contextlib import AbstractContextManager
from typing import Any, Union

from mmengine.optim import DefaultOptimWrapperConstructor, OptimWrapper, OptimWrapperDict
from mmengine.registry import OPTIM_WRAPPERS, OPTIMIZERS, Registry
from torch import Tensor, nn

from ..registry import OPTIM_WRAPPER_CONSTRUCTORS
from ..utils.unwrap import unwrap
from .deferred_scalars import DEFERRED

NAMES = ('weights', 'arch')


class BilevelOptimWrapper(OptimWrapperDict):
    """The optimizers ``weights`` and ``arch`` of a search.

    Where MMEngine expects a single optimizer, as in ``train_step`` of a model or of
    its distributed wrapper, this stands for ``weights``: the runner's own step is the
    weight step. The architecture's is the matter of :class:`mmnas_mae.BilevelHook`.
    """

    def update_params(self, loss: Tensor, *args: Any, **kwargs: Any) -> None:
        """One step of the weights."""
        self['weights'].update_params(loss, *args, **kwargs)

    def initialize_count_status(self, model: nn.Module, cur_iter: int, max_iters: int) -> None:
        """Lets gradient accumulation of the weights start where a resumed run is, and end with its last step."""
        self['weights'].initialize_count_status(model, cur_iter, max_iters)

    def optim_context(self, model: nn.Module) -> AbstractContextManager:
        """Precision and gradient synchronisation of the weight step."""
        return self['weights'].optim_context(model)


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class BilevelOptimWrapperConstructor:
    """Splits the parameters of a :class:`mmnas_mae.SearchModel` between two optimizers.

    Args:
        optim_wrapper_cfg: ``dict(weights=<optim wrapper>, arch=<optim wrapper>)``. That of the weights may
            have a ``paramwise_cfg`` of its own, as MMEngine's ``DefaultOptimWrapperConstructor`` takes it.
        paramwise_cfg: not supported, since it would not say of which optimizer.

    Raises:
        ValueError: a wrapper is missing or unknown.
    """

    def __init__(self, optim_wrapper_cfg: dict, paramwise_cfg: Any = None) -> None:
        if paramwise_cfg is not None:
            raise ValueError(
                'optim_wrapper.paramwise_cfg is not supported in a search; use optim_wrapper.weights.paramwise_cfg'
            )
        if set(optim_wrapper_cfg) != set(NAMES):
            raise ValueError(f'optim_wrapper needs {" and ".join(NAMES)}, got {sorted(optim_wrapper_cfg)}')
        if optim_wrapper_cfg['arch'].get('accumulative_counts', 1) != 1:
            raise ValueError(
                'optim_wrapper.arch.accumulative_counts must be 1: each alpha step is taken at once; only '
                'optim_wrapper.weights can accumulate gradients'
            )
        self.cfg = optim_wrapper_cfg

    def __call__(self, model: nn.Module) -> BilevelOptimWrapper:
        """Builds both optimizers.

        Raises:
            TypeError: the model has no architecture.
        """
        model = unwrap(model)
        if not hasattr(model, 'arch_parameters'):
            raise TypeError(f'BilevelOptimWrapperConstructor needs a search model, got {type(model).__name__}')
        weights = [p for p in model.weight_parameters() if p.requires_grad]
        paramwise = self.cfg['weights'].get('paramwise_cfg')
        groups = weights if paramwise is None else self._groups(model, weights, paramwise)
        parameters = dict(weights=groups, arch=model.arch_parameters())
        return BilevelOptimWrapper(**{name: self._build(name, parameters[name]) for name in NAMES})

    def _groups(self, model: nn.Module, weights: list[nn.Parameter], paramwise_cfg: dict) -> list[dict]:
        """One group for each weight, with the settings that MMEngine gives it."""
        own = DefaultOptimWrapperConstructor(dict(optimizer=self.cfg['weights']['optimizer']), paramwise_cfg)
        groups, wanted = [], {id(p) for p in weights}
        own.add_params(groups, model)
        return [group for group in groups if id(group['params'][0]) in wanted]

    def _build(self, name: str, parameters: list) -> OptimWrapper:
        cfg = dict(self.cfg[name])
        cfg.pop('paramwise_cfg', None)
        settings = dict(cfg.pop('optimizer'))
        # On a GPU one kernel for all parameters, where the settings leave it open and the optimizer has one.
        known = inspect.signature(_class(OPTIMIZERS, settings['type'])).parameters
        if 'fused' in known and 'foreach' not in settings and all(p.is_cuda for p in self._flat(parameters)):
            settings.setdefault('fused', True)
        optimizer = OPTIMIZERS.build(settings, default_args=dict(params=parameters))
        wrapper = _class(OPTIM_WRAPPERS, cfg.setdefault('type', 'OptimWrapper'))
        if wrapper in DEFERRED:
            cfg['type'] = DEFERRED[wrapper]
        return OPTIM_WRAPPERS.build(cfg, default_args=dict(optimizer=optimizer))

    @staticmethod
    def _flat(parameters: list) -> list[Tensor]:
        """The parameters of a list that may consist of groups."""
        groups = [group['params'] if isinstance(group, dict) else [group] for group in parameters]
        return [p for group in groups for p in group]


def _class(registry: Registry, kind: Union[str, type]) -> type:
    """The class of a config's ``type``, which may be its name; ``object`` for one that building will refuse."""
    return (registry.get(kind) or object) if isinstance(kind, str) else kind
