"""Draws original, masked and reconstructed held-out images of a search."""

import argparse
import sys
from pathlib import Path

import mmcv
import torch
from mmengine.runner import Runner, load_checkpoint

from mmnas_mae.apis.launch import add_common_arguments, load_config
from mmnas_mae.registry import MODELS
from mmnas_mae.utils import reconstruction_grid


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_common_arguments(parser)
    parser.add_argument('checkpoint', help='checkpoint of the search')
    parser.add_argument('--num-images', type=int, default=8, help='columns of the grid')
    parser.add_argument('--out', default='reconstruction.png', help='picture file')
    args = parser.parse_args()
    if not Path(args.checkpoint).is_file():
        raise FileNotFoundError(f'checkpoint {args.checkpoint!r} does not exist')
    cfg = load_config(args)
    cfg.val_dataloader.batch_size = args.num_images
    loader = Runner.build_dataloader(cfg.val_dataloader, seed=0)
    model = MODELS.build(dict(cfg.model, data_preprocessor=cfg.get('data_preprocessor')))
    load_checkpoint(model, args.checkpoint, map_location='cpu')
    model.eval()
    with torch.no_grad():
        samples = model.val_step(next(iter(loader)))
    images, masks, reconstructions = (
        torch.stack([getattr(sample, name) for sample in samples]) for name in ('image', 'mask', 'reconstruction')
    )
    preprocessor = model.data_preprocessor
    grid = reconstruction_grid(images, masks, reconstructions, preprocessor.mean, preprocessor.std)
    mmcv.imwrite(grid[..., ::-1], args.out)
    print(f'{args.out}: masked L1 {float(sum(sample.loss for sample in samples)) / len(samples):.4f}')


if __name__ == '__main__':
    sys.exit(main())
