from .angle_evolution import AngleEvolution
from .angle_scorer import AngleScorer
from .discrete_search import DiscreteSearch
from .discrete_search_hook import DiscreteSearchHook
from .evaluation import Evaluation, Evaluator, Scorer
from .front import Point, pareto_front, search_front, write_front
from .inherited_scorer import InheritedScorer
from .map_evaluations import map_evaluations
from .most_likely_search import MostLikelySearch, most_likely
from .random_search import RandomSearch
from .regularized_evolution import RegularizedEvolution
from .run import Found, build_scorer, run_discrete_search
from .search_run import Images, SearchRun, load_images
from .short_training_scorer import ShortTrainingScorer
from .table_scorer import TableScorer

__all__ = [
    'AngleEvolution',
    'AngleScorer',
    'DiscreteSearch',
    'DiscreteSearchHook',
    'Evaluation',
    'Evaluator',
    'Found',
    'Images',
    'InheritedScorer',
    'MostLikelySearch',
    'Point',
    'RandomSearch',
    'RegularizedEvolution',
    'Scorer',
    'SearchRun',
    'ShortTrainingScorer',
    'TableScorer',
    'build_scorer',
    'load_images',
    'map_evaluations',
    'most_likely',
    'pareto_front',
    'run_discrete_search',
    'search_front',
    'write_front',
]
