"""Trains what a config describes: a search, a retraining or a detector."""

import argparse
import sys

from mmnas_mae.apis.launch import add_train_arguments, build_runner, load_config


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_train_arguments(parser)
    build_runner(load_config(parser.parse_args())).train()


if __name__ == '__main__':
    sys.exit(main())
