"""Regularised evolution over NAS-Bench-201 with the table as the scorer (paper section 4.4, Table 4, row REA).

Command: python tools/repeat.py configs/discrete/rea-table_nasbench201_cifar10.py --seeds 0 1 2 3
Hardware: 1 CPU core, seconds; the table is found by MMNAS_DATA.
Expected: valid / test of the best by 12-epoch validation accuracy, mean of 4 searches (paper): CIFAR-10 90.02 / 93.66,
CIFAR-100 71.39 / 70.98, ImageNet16-120 42.95 / 42.17; not yet reproduced (the published search has a budget of 12,000
seconds of training, this one of 200 evaluations).

Population 10, sample 3, cycles 200, scored by the accuracy after 12 epochs, as D-X-Y/AutoDL-Projects:
configs/nas-benchmark/algos/R-EA.config.
"""

space = 'nasbench201'
search = dict(type='mmnas_mae.RegularizedEvolution', population=10, sample=3, cycles=200)
scorer = dict(type='mmnas_mae.TableScorer', benchmark='nasbench201', dataset='cifar10', metric='valid_12ep')
truth = dict(benchmark='nasbench201')
randomness = dict(seed=0)
