"""A budget in a config: ``budget=dict(macs=600e6, at=dict(image_size=224))``."""

from typing import Any, Mapping

from mmengine.config import Config

from ..costs import Budget, fit
from ..models.build import head_channels
from ..registry import TASK_UTILS
from ..spaces import load_genotype

#: Settings of :class:`mmnas_mae.BudgetHook` beside those of the budget.
_OF_HOOK = ('rate', 'interval')


@TASK_UTILS.register_module()
class ConfigBudget:
    """What the line ``budget`` of a config stands for, by what the config trains.

    A search by gradient gets a :class:`mmnas_mae.BudgetHook`, a one-shot search the same limit on what it selects at
    its end, and a network that is trained for itself as many channels as fit (:func:`mmnas_mae.costs.fit`), with the
    inputs of its head. :func:`mmnas_mae.utils.config.read_config` calls it with the config.

    Args:
        budget: arguments of :class:`mmnas_mae.costs.Budget`; of a search by gradient also ``rate`` and ``interval``; of
            a network ``vary``, the setting that is chosen, ``init_channels`` by default.

    Raises:
        ValueError: it is no dict.
    """

    def __init__(self, budget: Mapping[str, Any]) -> None:
        if not isinstance(budget, Mapping):
            raise ValueError(f'budget must be a dict such as dict(macs=600e6, at=dict(image_size=224)), got {budget!r}')
        self.budget = dict(budget)

    def __call__(self, cfg: Config) -> None:
        """
        Raises:
            ValueError: the config trains nothing that a budget could limit, or nothing fits.
        """
        hooks, model = cfg.get('default_hooks') or {}, cfg.get('model') or {}
        if hooks.get('genotype') or hooks.get('selection'):
            if hooks.get('genotype'):
                hooks['budget'] = dict(type='mmnas_mae.BudgetHook', **self.budget)
            if hooks.get('selection'):
                limits = {key: value for key, value in self.budget.items() if key not in _OF_HOOK}
                hooks['selection']['budget'] = limits
        elif model.get('type') == 'ImageClassifier' and model.backbone.get('type') == 'mmnas_mae.GenotypeBackbone':
            self._fit(model.backbone, model.head.num_classes)
            model.head.in_channels = head_channels(model)
        elif model.get('type') == 'mmnas_mae.NetworkClassifier':
            self._fit(model.network, model.network.get('num_classes', 10))
        else:
            raise ValueError(
                'budget limits a search, or the classifier of a genotype; this config trains '
                f'{model.get("type", "no model")!r}'
            )

    def _fit(self, network: Any, num_classes: int) -> None:
        """Sets the size of a network."""
        budget = dict(self.budget)
        vary = budget.pop('vary', 'init_channels')
        genotype = load_genotype(network.genotype, network.get('space'))
        size = ('init_channels', 'layers', 'cells_per_stage', 'stem', 'strides', 'in_channels')
        own = {key: network[key] for key in size if network.get(key) is not None}
        at = {**own, 'num_classes': num_classes, **(budget.pop('at', None) or {})}
        found = fit(genotype, Budget(**budget, at=at), vary)
        network.update({key: value for key, value in found.at.items() if key in size})
