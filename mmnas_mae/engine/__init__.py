from .arch_grad import enable_grad, first_order, second_order
from .bilevel_hook import BilevelHook
from .complete_checkpoint_hook import CompleteCheckpointHook
from .execution.compile_hook import CompileHook
from .execution.cuda_graph_hook import CudaGraphHook
from .execution.deferred_info_hook import DeferredInfoHook
from .execution.finite_loss_hook import FiniteLossHook
from .execution.sync_batch_norm_hook import SyncBatchNormHook
from .optim_constructor import BilevelOptimWrapper, BilevelOptimWrapperConstructor
from .pause_hook import PauseHook
from .random_state_hook import RandomStateHook
from .records.benchmark_hook import BenchmarkHook
from .records.genotype_hook import GenotypeHook
from .records.prediction_metric import PredictionMetric
from .records.reconstruction_metric import ReconstructionMetric
from .records.reconstruction_vis_hook import ReconstructionVisHook
from .records.run_record_hook import RunRecordHook
from .stabilisers.auxiliary_skip_hook import AuxiliarySkipHook
from .stabilisers.budget_hook import BudgetHook
from .stabilisers.curvature import dominant_eigenvalue, hessian
from .stabilisers.drop_path_hook import DropPathHook
from .stabilisers.early_stop_hook import EarlyStopHook, early_stop_epoch
from .stabilisers.epoch_schedule_hook import EpochScheduleHook
from .stabilisers.hessian_hook import HessianHook
from .stabilisers.perturbation_hook import PerturbationHook
from .stabilisers.skip_dropout_hook import SkipDropoutHook
from .stabilisers.temperature_hook import TemperatureHook

__all__ = [
    'AuxiliarySkipHook',
    'BenchmarkHook',
    'BilevelHook',
    'BilevelOptimWrapper',
    'BilevelOptimWrapperConstructor',
    'BudgetHook',
    'CompileHook',
    'CompleteCheckpointHook',
    'CudaGraphHook',
    'DeferredInfoHook',
    'DropPathHook',
    'EarlyStopHook',
    'EpochScheduleHook',
    'FiniteLossHook',
    'GenotypeHook',
    'HessianHook',
    'PredictionMetric',
    'PauseHook',
    'PerturbationHook',
    'RandomStateHook',
    'ReconstructionMetric',
    'ReconstructionVisHook',
    'RunRecordHook',
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
