"""A derived architecture from scratch on ImageNet-1k (the recipe of PC-DARTS; Tables 2 and 3).

Command: tools/dist_train.sh configs/retrain/genotype-l14-c48_8xb128-250e_in1k.py 8 \
    --cfg-options model.backbone.genotype=work_dirs/SEARCH/genotype.json
Hardware: 8 GPUs.
Expected: PC_DARTS_image 75.8 % top-1, 92.7 % top-5 (Table 2); not yet reproduced.

14 cells, 48 channels, 250 epochs, batch 1024, linear decay from 0.5 after 5 epochs of warm-up and slower in the last
5, label smoothing 0.1, auxiliary 0.4.

Source: yuhuixu1993/PC-DARTS, train_imagenet.py, at the batch of its README.
Differs: nothing beyond what docs/method.md says of all retraining.
"""

_base_ = [
    '../_base_/networks/genotype_imagenet.py',
    '../_base_/datasets/in1k_retrain.py',
    '../_base_/schedules/retrain_250e.py',
    '../_base_/retrain_runtime.py',
]
