"""MAE-NAS on your own images: any folder of images, searched through recursively, without labels.

Command: IMAGE_FOLDER=path/to/images python tools/train.py configs/search/maenas_darts-s0_1xb64-50e_folder.py
Hardware: 1 GPU.
Expected: a genotype for your images; no table of the paper.

Of the images 45 % train the weights, 45 % the architecture, and 10 % are held out. Crops have 32 pixels.
"""

_base_ = [
    '../_base_/objectives/maenas.py',
    '../_base_/networks/darts-s0.py',
    '../_base_/datasets/folder_search.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
