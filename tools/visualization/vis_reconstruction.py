"""Draws original, masked and reconstructed held-out images of a search."""

import argparse
import sys

import mmcv
import torch
from mmengine.runner import Runner

from mmnas_mae.apis.launch import add_common_arguments, config_from_arguments
from mmnas_mae.models import MAENAS
from mmnas_mae.models.build import build_search_model
from mmnas_mae.utils.checkpoints.safe import trusted_checkpoints
from mmnas_mae.utils.command_line import add_trust_argument, run_tool, within
from mmnas_mae.utils.images import reconstruction_grid
from mmnas_mae.utils.ranges import COUNT
from mmnas_mae.utils.settings import explained


@run_tool
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_common_arguments(parser)
    add_trust_argument(parser)
    parser.add_argument('checkpoint', help='checkpoint of the search')
    parser.add_argument('--num-images', type=int, action=within(COUNT), default=8, help='columns of the grid')
    parser.add_argument('--out', default='reconstruction.png', help='picture file')
    args = parser.parse_args()
    cfg = config_from_arguments(args)
    if cfg.get('val_dataloader') is None:
        raise ValueError(f'config {args.config!r} has no val_dataloader, whose images are drawn')
    with trusted_checkpoints(args.trust_checkpoint):
        model = build_search_model(cfg, args.checkpoint)
    if not isinstance(model, MAENAS):
        raise ValueError(f'config {args.config!r} reconstructs nothing: its objective is {type(model).__name__}')
    cfg.val_dataloader.batch_size = args.num_images
    with explained(cfg):
        loader = Runner.build_dataloader(cfg.val_dataloader, seed=0)
    model.eval()
    with torch.no_grad():
        samples = model.val_step(next(iter(loader)))
    if 'reconstruction' not in samples[0]:
        raise ValueError(f'config {args.config!r} compares no pixels: its target gives no picture')
    images, masks, reconstructions, errors = (
        torch.stack([getattr(sample, name) for sample in samples]) for name in ('image', 'mask', 'reconstruction', 'l1')
    )
    preprocessor = model.data_preprocessor
    grid = reconstruction_grid(images, masks, reconstructions, preprocessor.mean, preprocessor.std)
    mmcv.imwrite(grid[..., ::-1], args.out)
    print(f'{args.out}: masked L1 {float(errors.mean()):.4f}')


if __name__ == '__main__':
    sys.exit(main())
