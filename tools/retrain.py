"""Trains a classifier on labelled images with what a search has found."""

import argparse
import sys

from mmnas_mae.apis.launch import add_train_arguments
from mmnas_mae.apis.training import train_from_arguments
from mmnas_mae.utils.command_line import add_trust_argument, run_tool

CONFIG = 'configs/retrain/genotype-l20-c36_1xb96-200e_folder.py'


@run_tool
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('genotype', help='genotype.json, a published name or the text of a genotype')
    parser.add_argument('images', nargs='?', help='a folder with a folder for each class, or Parquet files with labels')
    parser.add_argument('--epochs', type=int, help='passes over the images (default: those of the config)')
    add_train_arguments(parser, CONFIG)
    add_trust_argument(parser)
    # Flags may stand before what is optional.
    args = parser.parse_intermixed_args()
    options = {'model.backbone.genotype': args.genotype}
    if args.images is not None:
        options['own_images.data_root'] = args.images
    elif args.config == CONFIG:
        parser.error('name the folder of images, or a --config that has others')
    if args.epochs is not None:
        options['train_cfg.max_epochs'] = args.epochs
    cfg = train_from_arguments(args, options)
    print(cfg.work_dir)


if __name__ == '__main__':
    sys.exit(main())
