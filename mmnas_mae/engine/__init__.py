from .arch_grad import enable_grad, first_order, second_order
from .bilevel_hook import BilevelHook
from .drop_path_hook import DropPathHook
from .genotype_hook import GenotypeHook
from .optim_constructor import BilevelOptimWrapper, BilevelOptimWrapperConstructor
from .random_state_hook import RandomStateHook
from .reconstruction_metric import ReconstructionMetric
from .reconstruction_vis_hook import ReconstructionVisHook

__all__ = [
    'BilevelHook',
    'BilevelOptimWrapper',
    'BilevelOptimWrapperConstructor',
    'DropPathHook',
    'GenotypeHook',
    'RandomStateHook',
    'ReconstructionMetric',
    'ReconstructionVisHook',
    'enable_grad',
    'first_order',
    'second_order',
]
