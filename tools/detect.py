"""Trains a detector of your own boxes on the backbone that a search has found; mmcv's compiled operators are needed."""

import argparse
import sys

from mmnas_mae.apis.launch import add_train_arguments
from mmnas_mae.apis.training import train_from_arguments
from mmnas_mae.utils.command_line import add_trust_argument, run_tool

CONFIG = 'configs/detection/retinanet_genotype_fpn_own.py'


@run_tool
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('genotype', help='genotype.json, a published name or the text of a genotype')
    parser.add_argument('images', nargs='?', help='folder of the images')
    parser.add_argument('annotations', nargs='?', help='their boxes, a JSON file in the format of COCO')
    parser.add_argument('--checkpoint', help='classifier of `retrain` that the backbone starts from')
    parser.add_argument('--size', type=int, help='longer side that images are resized to, in pixels')
    parser.add_argument('--epochs', type=int, help='passes over the images (default: those of the config)')
    add_train_arguments(parser, CONFIG)
    add_trust_argument(parser)
    # Flags may stand before what is optional.
    args = parser.parse_intermixed_args()
    if args.config == CONFIG and args.annotations is None:
        parser.error('name the folder of images and the file of their boxes, or a --config that has others')
    options = {
        'model.backbone.genotype': args.genotype,
        'own_images.images': args.images,
        'own_images.annotations': args.annotations,
        'own_images.size': args.size,
        'model.backbone.init_cfg.checkpoint': args.checkpoint,
        'train_cfg.max_epochs': args.epochs,
    }
    cfg = train_from_arguments(args, {key: value for key, value in options.items() if value is not None})
    print(cfg.work_dir)


if __name__ == '__main__':
    sys.exit(main())
