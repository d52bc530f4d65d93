"""Flags of the tools that build the network of a genotype."""

import argparse
from dataclasses import replace

import pytest

from mmnas_mae.apis.network_flags import add_network_arguments, network_size
from mmnas_mae.spaces import load_genotype


@pytest.mark.parametrize(
    'given, expected',
    [
        ([], (36, 20, 'cifar', 10)),
        (['--stem', 'imagenet'], (48, 14, 'imagenet', 1000)),
        (['--init-channels', '4', '--layers', '5', '--num-classes', '7'], (4, 5, 'cifar', 7)),
    ],
)
def test_the_size_of_a_network_follows_its_stem(given, expected):
    parser = argparse.ArgumentParser()
    add_network_arguments(parser)
    settings, classes = network_size(parser.parse_args(given), load_genotype('DARTS_V2'))
    assert (*settings.values(), classes) == expected


@pytest.mark.parametrize(
    'found_on, given, expected',
    [
        (dict(stem='imagenet'), [], (48, 14, 'imagenet', 1000)),
        (dict(stem='imagenet'), ['--stem', 'cifar'], (36, 20, 'cifar', 10)),
        (dict(stem=dict(type='mmnas_mae.ConvStem')), [], (36, 20, dict(type='mmnas_mae.ConvStem'), 10)),
    ],
)
def test_the_stem_is_that_of_the_search(found_on, given, expected):
    parser = argparse.ArgumentParser()
    add_network_arguments(parser)
    genotype = replace(load_genotype('DARTS_V2'), search=found_on)
    settings, classes = network_size(parser.parse_args(given), genotype)
    assert (*settings.values(), classes) == expected


def test_another_skeleton_has_its_own_size():
    parser = argparse.ArgumentParser()
    add_network_arguments(parser)
    genotype = load_genotype('|skip_connect~0|+|none~0|none~1|+|none~0|none~1|none~2|', 'nasbench201')
    assert network_size(parser.parse_args([]), genotype) == ({}, 10)
    assert network_size(parser.parse_args(['--init-channels', '4']), genotype) == (dict(init_channels=4), 10)
