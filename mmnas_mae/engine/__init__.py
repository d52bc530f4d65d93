from .arch_grad import enable_grad, first_order, second_order
from .auxiliary_skip_hook import AuxiliarySkipHook
from .bilevel_hook import BilevelHook
from .compile_hook import CompileHook
from .curvature import dominant_eigenvalue, hessian
from .drop_path_hook import DropPathHook
from .early_stop_hook import EarlyStopHook, early_stop_epoch
from .epoch_schedule_hook import EpochScheduleHook
from .genotype_hook import GenotypeHook
from .hessian_hook import HessianHook
from .objective_metric import ObjectiveMetric
from .optim_constructor import BilevelOptimWrapper, BilevelOptimWrapperConstructor
from .pause_hook import PauseHook
from .perturbation_hook import PerturbationHook
from .random_state_hook import RandomStateHook
from .reconstruction_metric import ReconstructionMetric
from .reconstruction_vis_hook import ReconstructionVisHook
from .skip_dropout_hook import SkipDropoutHook
from .sync_batch_norm_hook import SyncBatchNormHook
from .temperature_hook import TemperatureHook

__all__ = [
    'AuxiliarySkipHook',
    'BilevelHook',
    'BilevelOptimWrapper',
    'BilevelOptimWrapperConstructor',
    'CompileHook',
    'DropPathHook',
    'EarlyStopHook',
    'EpochScheduleHook',
    'GenotypeHook',
    'HessianHook',
    'ObjectiveMetric',
    'PauseHook',
    'PerturbationHook',
    'RandomStateHook',
    'ReconstructionMetric',
    'ReconstructionVisHook',
    'SkipDropoutHook',
    'SyncBatchNormHook',
    'TemperatureHook',
    'dominant_eigenvalue',
    'early_stop_epoch',
    'enable_grad',
    'first_order',
    'hessian',
    'second_order',
]
