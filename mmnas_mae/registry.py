"""Registries of mmnas_mae, children of MMEngine's.

A config reaches every class of this package as ``type='mmnas_mae.X'`` with no
``custom_imports``: MMEngine imports this module when it meets the scope, and
``locations`` imports the package that holds the class. Only mmengine may be
imported here, since MMEngine turns an ImportError in this file into a
misleading KeyError.
"""

from mmengine.registry import DATA_SAMPLERS as MMENGINE_DATA_SAMPLERS
from mmengine.registry import DATASETS as MMENGINE_DATASETS
from mmengine.registry import HOOKS as MMENGINE_HOOKS
from mmengine.registry import METRICS as MMENGINE_METRICS
from mmengine.registry import MODELS as MMENGINE_MODELS
from mmengine.registry import OPTIM_WRAPPER_CONSTRUCTORS as MMENGINE_OPTIM_WRAPPER_CONSTRUCTORS
from mmengine.registry import TASK_UTILS as MMENGINE_TASK_UTILS
from mmengine.registry import TRANSFORMS as MMENGINE_TRANSFORMS
from mmengine.registry import VISBACKENDS as MMENGINE_VISBACKENDS
from mmengine.registry import Registry

SCOPE = 'mmnas_mae'


def _child(parent: Registry, *locations: str) -> Registry:
    return Registry(parent.name, parent=parent, scope=SCOPE, locations=[f'{SCOPE}.{name}' for name in locations])


MODELS = _child(MMENGINE_MODELS, 'models')
DATASETS = _child(MMENGINE_DATASETS, 'datasets')
TRANSFORMS = _child(MMENGINE_TRANSFORMS, 'datasets')
DATA_SAMPLERS = _child(MMENGINE_DATA_SAMPLERS, 'datasets')
HOOKS = _child(MMENGINE_HOOKS, 'engine', 'discrete', 'ecosystem')
METRICS = _child(MMENGINE_METRICS, 'engine')
OPTIM_WRAPPER_CONSTRUCTORS = _child(MMENGINE_OPTIM_WRAPPER_CONSTRUCTORS, 'engine')
#: Discrete searches, the scorers that they ask, the limits that they keep, and what completes configs.
TASK_UTILS = _child(MMENGINE_TASK_UTILS, 'discrete', 'costs', 'apis', 'ecosystem')

VISBACKENDS = _child(MMENGINE_VISBACKENDS, 'ecosystem')

#: Search spaces: functions or classes that return a space, looked up by name.
SPACES = Registry('search space', scope=SCOPE, locations=[f'{SCOPE}.spaces'])

#: Candidate operations: functions of :class:`mmnas_mae.models.OpArgs` that return a module.
OPS = Registry('candidate operation', scope=SCOPE, locations=[f'{SCOPE}.models'])

#: Tables of benchmarks: functions that return a :class:`mmnas_mae.benchmarks.Benchmark`, looked up by name.
BENCHMARKS = Registry('benchmark', scope=SCOPE, locations=[f'{SCOPE}.benchmarks'])

#: Skeletons: functions that return a :class:`mmnas_mae.models.Skeleton`, looked up by name.
SKELETONS = Registry('skeleton', scope=SCOPE, locations=[f'{SCOPE}.models'])
