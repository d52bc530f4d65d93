# %% [markdown]
# # Tutorial: a search in a notebook
#
# From photographs without labels to a backbone, in half a minute on two CPU cores. The photographs come with
# scikit-image and scikit-learn, so nothing is downloaded. The search is far too small to decide anything; it shows the
# steps.
#
# Run it from `docs/` or from the root of the repository. It is made from `docs/tutorial.py` by
# `tools/misc/notebook.py`, and a test executes it.

# %%
import os
from pathlib import Path

import torch

if not Path('configs').is_dir():
    os.chdir('..')

# %% [markdown]
# ## The images
#
# Crops of seven photographs. A folder of your own is `mmnas_mae.ImageFolder`; see
# [your own images](own_images.md).

# %%
from mmnas_mae.datasets import PhotoCrops

crops = PhotoCrops(size=16)
print(len(crops), crops[0]['img'].shape)

# %% [markdown]
# ## What the search minimises
#
# A mask hides half of the patches; the search network sees the rest, and a decoder fills the holes from three features.
# The loss is the mean absolute error over hidden pixels alone.

# %%
from mmnas_mae.apis import build_search_model, training_config

SMALL = [
    'model.backbone.layers=3',
    'train_dataloader.dataset.dataset.size=16',
    'val_dataloader.dataset.dataset.size=16',
    'train_dataloader.dataset.dataset.indices=256',
    'val_dataloader.dataset.dataset.indices=64',
    'train_dataloader.dataset.parts=[(weights,0.5),(arch,0.5)]',
    'train_dataloader.batch_size=16',
    'train_cfg.max_epochs=2',
    'train_cfg.val_interval=2',
    'log_level=WARNING',
]
cfg = training_config(
    'configs/quickstart/maenas_darts-s0-c4-l5_photos.py',
    '--work-dir',
    'work_dirs/tutorial',
    '--overwrite',
    '--cfg-options',
    *SMALL,
)
model = build_search_model(cfg)
images = torch.from_numpy(crops[0]['img']).permute(2, 0, 1)[None].float() / 255
features = model.backbone(images)
print([tuple(feature.shape) for feature in features])
print({kind: tuple(alpha.shape) for kind, alpha in model.arch.weights().items()})

# %% [markdown]
# `alpha` has a row for each edge of a cell and a column for each operation.
#
# ## The search
#
# Each iteration takes a step of alpha on one half of the images and a step of the weights on the other.

# %%
from mmnas_mae.apis import build_runner

runner = build_runner(cfg)
runner.train()

# %% [markdown]
# ## What was found
#
# The work directory holds the genotype, the history of alpha, checkpoints and pictures of reconstructions.

# %%
from mmnas_mae.spaces import load_genotype

genotype = load_genotype('work_dirs/tutorial/genotype.json')
print(genotype.space, genotype.cells['normal'].nodes)
print({key: genotype.meta[key] for key in ('epoch', 'score')})

# %% [markdown]
# Has it decided? After two epochs it cannot have: the report says so first.

# %%
from mmnas_mae.report import draw_genotype, read_search, write_report

history = read_search('work_dirs/tutorial')
for sentence in history.final_verdict().reasons().values():
    print(sentence)
write_report('work_dirs/tutorial', 'work_dirs/tutorial/report.html')
draw_genotype(genotype, 'work_dirs/tutorial/cells.png')

# %% [markdown]
# ## What it costs, and the widest that fits
#
# Multiply-adds are counted at the size at which the network will be used, not at that of the search network.

# %%
from mmnas_mae.costs import Budget, fit, measure_complexity
from mmnas_mae.models import build_backbone

backbone = build_backbone(genotype, init_channels=16, layers=8)
print(measure_complexity(backbone, (3, 32, 32)))
found = fit(genotype, Budget(macs=100e6, at=dict(layers=8, image_size=32)))
print(found.at['init_channels'], found.cost['macs'])

# %% [markdown]
# ## The backbone in a network of your own
#
# It is a plain module that returns features fine to coarse. Here a linear classifier on the last of them learns, from
# 64 crops, whether a crop is upside down.

# %%
inputs = torch.stack([torch.from_numpy(crops[i]['img']).permute(2, 0, 1).float() / 255 for i in range(0, 640, 10)])
turned = torch.arange(len(inputs)) % 2
inputs[turned == 1] = inputs[turned == 1].flip(2)
head = torch.nn.Linear(backbone.out_channels[-1], 2)
optimizer = torch.optim.Adam([*backbone.parameters(), *head.parameters()], lr=3e-3)
losses = []
for _ in range(12):
    loss = torch.nn.functional.cross_entropy(head(backbone(inputs)[-1].mean((2, 3))), turned)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
print(f'{losses[0]:.2f} -> {losses[-1]:.2f}')

# %% [markdown]
# ## From here
#
# [Your own images](own_images.md) goes the same way with a folder of yours, at full size.
# [Which space and which method](choose.md) says what to change, [after the search](downstream.md) how to train, detect,
# segment and export.
