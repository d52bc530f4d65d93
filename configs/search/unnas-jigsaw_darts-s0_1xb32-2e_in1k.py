"""UnNAS by jigsaw puzzles of 3x3 tiles, 1,000 permutations, on ImageNet-1k in S0.

Command: python tools/train.py configs/search/unnas-jigsaw_darts-s0_1xb32-2e_in1k.py
Hardware: 1 GPU.
Expected: no figure in the paper; the cell is evaluated at 14 layers x 42 channels; not yet reproduced.

Settings of facebookresearch/unnas: as unnas-rotation_darts-s0_1xb32-2e_in1k.py, on crops of 255 pixels from images
whose short side is 256; tiles have 64 of the 85 pixels of a patch.

Source: facebookresearch/unnas, configs/search_based/search_phase/imagenet/jig.yaml.
Differs: no jitter of the lighting; a set of permutations of our own, drawn far apart too, where UnNAS reads
hamming_perms_1000_patches_9_max.npy.
"""

_base_ = [
    '../_base_/objectives/jigsaw.py',
    '../_base_/networks/darts-s0_imagenet.py',
    '../_base_/datasets/in1k_search_jigsaw.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/methods/unnas_in1k.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
model = dict(grid=3, num_permutations=1000)
