"""Trains what a config describes: a search, a retraining or a detector."""

import argparse
import sys

from mmnas_mae.apis.launch import add_train_arguments
from mmnas_mae.apis.training import resume_command, train_from_arguments
from mmnas_mae.utils.command_line import add_trust_argument, run_tool

__all__ = ['main', 'resume_command']


@run_tool
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_train_arguments(parser)
    add_trust_argument(parser)
    train_from_arguments(parser.parse_args())


if __name__ == '__main__':
    sys.exit(main())
