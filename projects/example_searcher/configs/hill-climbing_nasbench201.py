"""The discrete search of this project in NAS-Bench-201, by the accuracy after 12 epochs.

Command: PYTHONPATH=. python tools/discrete_search.py projects/example_searcher/configs/hill-climbing_nasbench201.py
Hardware: 1 CPU core, seconds; MMNAS_DATA holds the table.
Expected: a genotype with its true accuracy; no table of the paper.
"""

custom_imports = dict(imports=['projects.example_searcher.hill_climbing'], allow_failed_imports=False)
space = 'nasbench201'
search = dict(type='mmnas_mae.HillClimbing', starts=2)
scorer = dict(type='mmnas_mae.TableScorer', benchmark='nasbench201', dataset='cifar10', metric='valid_12ep')
truth = dict(benchmark='nasbench201')
randomness = dict(seed=0)
