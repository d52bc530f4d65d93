"""Trains what a config describes: a search, a retraining or a detector."""

import argparse
import sys

from mmnas_mae.apis.launch import add_train_arguments, load_config
from mmnas_mae.apis.stages import train
from mmnas_mae.utils.command_line import run_tool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_train_arguments(parser)
    args = parser.parse_args()
    # What is wrong with the config or the images is one line; what happens in the training keeps its traceback.
    train(run_tool(lambda: load_config(args))())


if __name__ == '__main__':
    sys.exit(main())
