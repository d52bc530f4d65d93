"""Random search in the micro space of TransNAS-Bench-101, scored by the accuracy (paper A.2.4, Table 11).

Command: python tools/repeat.py configs/discrete/rs-table_transnas101-micro.py --seeds 0 1 2 3 4 5 6 7 8 9
Hardware: 1 CPU core, seconds; the table is found by MMNAS_DATA.
Expected: classification / segmentation of the best, top-1 in per cent and mIoU (paper): 45.16 +- 0.4 / 25.21 +- 0.4;
configs/discrete/metafile.yml has what was reproduced.

Classification is class_object; segmentation is searched by --cfg-options scorer.dataset=segmentsemantic
scorer.metric=valid_mIoU. The paper states neither space, metric nor budget: 50 evaluations in the micro space by
validation accuracy are what its figures for random search agree with, whose expectation, computed from the whole table,
is 45.22 / 25.23.
"""

space = 'transnas101_micro'
search = dict(type='mmnas_mae.RandomSearch', budget=50)
scorer = dict(type='mmnas_mae.TableScorer', benchmark='transnas101_micro', dataset='class_object', metric='valid_top1')
truth = dict(benchmark='transnas101_micro')
randomness = dict(seed=0)
