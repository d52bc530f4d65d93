"""Random search in the macro space of TransNAS-Bench-101, scored by the accuracy.

Command: python tools/repeat.py configs/discrete/rs-table_transnas101-macro.py --seeds 0 1 2 3 4 5 6 7 8 9
Hardware: 1 CPU core, seconds; the table is found by MMNAS_DATA.
Expected: no figure of the paper, whose Table 11 agrees with the micro space (rs-table_transnas101-micro.py).

Classification is class_object; segmentation is searched by --cfg-options scorer.dataset=segmentsemantic
scorer.metric=valid_mIoU. 50 evaluations, as in the micro space.
"""

space = 'transnas101_macro'
search = dict(type='mmnas_mae.RandomSearch', budget=50)
scorer = dict(type='mmnas_mae.TableScorer', benchmark='transnas101_macro', dataset='class_object', metric='valid_top1')
truth = dict(benchmark='transnas101_macro')
randomness = dict(seed=0)
