"""PC-DARTS in S1 to S4 (xiangning-chen/SmoothDARTS: sota/cnn/model_search_pcdarts.py): a quarter of the channels.

The rest is DARTS there: its edges are not normalised.
"""

method = dict(model=dict(backbone=dict(connection=dict(type='mmnas_mae.PartialMixedOp', portion=4))))
