"""Scores from the table of a benchmark."""

import math
import os
from typing import Union

from ..benchmarks.load import load_table
from ..registry import TASK_UTILS
from ..spaces import Genotype
from .evaluation import Scorer


@TASK_UTILS.register_module()
class TableScorer(Scorer):
    """What a table knows of an architecture at some fidelity.

    Args:
        benchmark: name of the benchmark, such as ``nasbench201``.
        dataset: data set, such as ``cifar10``.
        metric: metric and fidelity, such as ``valid_12ep``, which REA has in NAS-Bench-201.
        table: the table or a folder that holds it; ``MMNAS_DATA`` by default.
        skip_missing: scores an architecture that the table lacks as the worst, where it is
            an error by default.

    Raises:
        ValueError: the table has no such data set or metric.
        FileNotFoundError: there is no table.
    """

    def __init__(
        self,
        benchmark: str,
        dataset: str,
        metric: str,
        table: Union[None, str, os.PathLike] = None,
        skip_missing: bool = False,
    ) -> None:
        self.table = load_table(benchmark, table)
        self.table.check(dataset, metric)
        self.dataset = dataset
        self.metric = metric
        self.skip_missing = skip_missing

    def __call__(self, genotype: Genotype) -> float:
        """Looks the architecture up.

        Raises:
            ValueError: the table lacks it.
        """
        if self.skip_missing and self.table.find(genotype) is None:
            return -math.inf
        return self.table.query(genotype, self.dataset, self.metric)
