"""The compiled operators of mmcv, which search and retraining do without and detection does not."""

import importlib

import torch

from .errors import one_line


def check_compiled_ops() -> None:
    """Says how to get them where they are missing; mmdet would fail on import, or at the first box on a GPU.

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
        f"mmdet needs mmcv's compiled operators; the installed mmcv {reason}: build and install them with `{command}`"
    )
