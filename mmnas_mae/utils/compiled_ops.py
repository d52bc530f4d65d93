"""The compiled operators of mmcv, which search and retraining do without, detection and segmentation do not."""

import importlib

import torch

from .errors import one_line

#: Packages that need them, as a config's default_scope names them.
NEEDED_BY = ('mmdet', 'mmseg')


def check_compiled_ops(package: str = 'mmdet') -> None:
    """Says how to get them where they are missing; ``package`` would fail on import, or at the first box on a GPU.

    Raises:
        RuntimeError: the installed mmcv has none, or none for CUDA on a machine with a GPU.
    """
    needs_cuda = torch.cuda.is_available()
    try:
        importlib.import_module('mmcv._ext')
        if not needs_cuda or importlib.import_module('mmcv.ops').get_compiling_cuda_version() != 'not available':
            return
        reason = 'has them for the CPU only'
    except ImportError as error:
        reason = f'does not have them ({one_line(error, kind=False)})'
    command = f'python tools/misc/build_mmcv_ops.py{" --cuda" if needs_cuda else ""}'
    raise RuntimeError(
        f"{package} needs mmcv's compiled operators; the installed mmcv {reason}: "
        f'build and install them with `{command}`'
    )
