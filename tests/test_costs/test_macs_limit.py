"""A limit on the multiply-adds of a stand-alone network."""

from mmnas_mae.apis import build_network
from mmnas_mae.costs import MacsLimit, measure_complexity
from mmnas_mae.spaces import load_genotype


def test_a_limit_on_multiply_adds_counts_the_network():
    all_3x3 = load_genotype(
        '|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|'
    )
    macs = dict(input_shape=(3, 8, 8), num_classes=10, init_channels=2, cells_per_stage=1)
    stem, cells, reductions, classifier = 3 * 2 * 9 * 64, 3 * 6 * 2 * 2 * 9 * 64, 0, 8 * 10
    for c, pixels in ((2, 16), (4, 4)):
        reductions += (c * 2 * c * 9 + 2 * c * 2 * c * 9 + c * 2 * c) * pixels
    total = stem + cells + reductions + classifier
    assert MacsLimit(total, **macs)(all_3x3)
    assert not MacsLimit(total - 1, **macs)(all_3x3)
    darts = MacsLimit(1, (3, 64, 64), 10, init_channels=4, layers=5, stem='imagenet')
    network = build_network('darts', 'DARTS_V2', 10, init_channels=4, layers=5, stem='imagenet')
    assert darts.macs(load_genotype('DARTS_V2')) == measure_complexity(network, (3, 64, 64)).macs
