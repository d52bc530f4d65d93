"""TransNAS-Bench-101: the entries of its two spaces, and of both together."""

from ..registry import BENCHMARKS
from .benchmark import PER_CENT, SECONDS, SHARE, Benchmark

#: What counts of each task.
_HEADLINE = (
    ('class_scene', 'valid_top1'),
    ('class_object', 'valid_top1'),
    ('room_layout', 'valid_neg_loss'),
    ('jigsaw', 'valid_top1'),
    ('segmentsemantic', 'valid_mIoU'),
    ('normal', 'valid_ssim'),
    ('autoencoder', 'valid_ssim'),
)


def _entry(*parts: str) -> Benchmark:
    """The data sets are tasks; a value is the best over the epochs."""
    return Benchmark(
        spaces=tuple(f'transnas101_{part}' for part in parts),
        files=('transnas101.parquet',),
        headline=_HEADLINE,
        units={'*_top1': PER_CENT, '*_mIoU': PER_CENT, '*_acc': PER_CENT, '*_ssim': SHARE, 'time_elapsed': SECONDS},
        identity=('index', 'space', 'arch'),
        where=dict(space=parts),
    )


@BENCHMARKS.register_module(name='transnas101')
def transnas101() -> Benchmark:
    """Both spaces: 7,352 architectures on seven tasks."""
    return _entry('micro', 'macro')


@BENCHMARKS.register_module(name='transnas101_micro')
def transnas101_micro() -> Benchmark:
    """4,096 cells on seven tasks."""
    return _entry('micro')


@BENCHMARKS.register_module(name='transnas101_macro')
def transnas101_macro() -> Benchmark:
    """3,256 skeletons on seven tasks."""
    return _entry('macro')
