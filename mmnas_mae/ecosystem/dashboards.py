"""A dashboard beside the files of a run: ``dashboard='tensorboard'`` in a config."""

import importlib.util
from typing import Any, Mapping, Sequence, Union

from mmengine.config import Config

from ..registry import TASK_UTILS

#: What is counted in epochs; W&B, to which MMEngine gives no steps, would draw it over a count of its own.
_OF_EPOCHS = ('alpha', 'arch', 'benchmark', 'budget', 'cost', 'objective', 'reconstruction')

#: Package and config of each.
DASHBOARDS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    'tensorboard': ('tensorboard', dict(type='TensorboardVisBackend')),
    'wandb': (
        'wandb',
        dict(
            type='WandbVisBackend',
            define_metric_cfg=[dict(name=f'{group}/*', step_metric='epoch') for group in _OF_EPOCHS],
        ),
    ),
    'mlflow': ('mlflow', dict(type='mmnas_mae.MLflowVisBackend')),
}
_LOCAL = 'LocalVisBackend'


@TASK_UTILS.register_module()
class Dashboards:
    """What the line ``dashboard`` of a config stands for: further backends of its visualizer.

    The local backend stays, or comes back where a config has replaced it: reports read its files. A search by gradient
    gets a :class:`mmnas_mae.DashboardHook` too. :func:`mmnas_mae.utils.config.read_config` calls it with the config.

    Args:
        dashboard: ``tensorboard``, ``wandb`` or ``mlflow``, a list of them, or a dict with the settings of each, those
            of MMEngine's backend: ``dict(wandb=dict(init_kwargs=dict(project='mine', mode='offline')))``.

    Raises:
        ValueError: there is no such dashboard.
        ModuleNotFoundError: its package is not installed.
    """

    def __init__(self, dashboard: Union[str, Sequence[str], Mapping[str, Any]]) -> None:
        if isinstance(dashboard, str):
            dashboard = [dashboard]
        self.settings = dict(dashboard) if isinstance(dashboard, Mapping) else {name: {} for name in dashboard}
        for name, settings in self.settings.items():
            if name not in DASHBOARDS:
                raise ValueError(f'dashboard must be of {", ".join(DASHBOARDS)}, got {name!r}')
            if not isinstance(settings or {}, Mapping):
                raise ValueError(f'dashboard.{name} must be a dict of settings, got {settings!r}')
            package, _ = DASHBOARDS[name]
            if importlib.util.find_spec(package) is None:
                raise ModuleNotFoundError(
                    f'dashboard={name} needs {package}, which is not installed: pip install {package}', name=package
                )

    def __call__(self, cfg: Config) -> None:
        """
        Raises:
            ValueError: the config has no visualizer.
        """
        if not cfg.get('visualizer'):
            raise ValueError('dashboard is for trainings: this config has no visualizer')
        backends = cfg.visualizer.get('vis_backends') or []
        backends = [backends] if isinstance(backends, Mapping) else list(backends)
        if not any(backend['type'] == _LOCAL for backend in backends):
            backends.insert(0, dict(type=_LOCAL))
        for name, settings in self.settings.items():
            backend = {**DASHBOARDS[name][1], **(settings or {})}
            if not any(other['type'].rpartition('.')[2] == backend['type'].rpartition('.')[2] for other in backends):
                backends.append(backend)
        cfg.visualizer.vis_backends = backends
        hooks = cfg.get('default_hooks') or {}
        if hooks.get('genotype'):
            hooks.setdefault('dashboard', dict(type='mmnas_mae.DashboardHook'))
