"""Trains what a config describes: a search, a retraining or a detector."""

import argparse
import sys

from mmnas_mae.apis.launch import add_train_arguments, load_config
from mmnas_mae.apis.stages import train


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_train_arguments(parser)
    train(load_config(parser.parse_args()))


if __name__ == '__main__':
    sys.exit(main())
