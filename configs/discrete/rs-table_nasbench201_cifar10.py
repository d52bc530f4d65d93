"""Random search over NAS-Bench-201 with the table as the scorer (the setting of paper A.2.4, Table 11).

Command: python tools/repeat.py configs/discrete/rs-table_nasbench201_cifar10.py --seeds 0 1 2 3
Hardware: 1 CPU core, seconds; the table is found by MMNAS_DATA.
Expected: no number of the paper, whose Table 11 is of TransNAS-Bench-101; not yet reproduced.

As many evaluations as rea-table_nasbench201_cifar10.py, by the same accuracy after 12 epochs.
"""

space = 'nasbench201'
search = dict(type='mmnas_mae.RandomSearch', budget=200)
scorer = dict(type='mmnas_mae.TableScorer', benchmark='nasbench201', dataset='cifar10', metric='valid_12ep')
truth = dict(benchmark='nasbench201')
randomness = dict(seed=0)
