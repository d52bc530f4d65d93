"""What is installed, and what each missing part would give."""

import importlib
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Iterator, NamedTuple, Optional

from ..utils.errors import one_line
from ..utils.shipped import SHIPPED
from ..version import __version__


class Part(NamedTuple):
    """Something that may be installed.

    Args:
        packages: names that it is distributed under; the first is what to install.
        gives: what it is for.
        module: what is imported of it; its name by default.
        needed: whether nothing works without it.
    """

    packages: tuple[str, ...]
    gives: str
    module: Optional[str] = None
    needed: bool = False


PARTS = (
    Part(('torch',), 'everything that computes', needed=True),
    Part(('torchvision',), 'data sets, and what mmpretrain needs', needed=True),
    Part(('onedl-mmengine', 'mmengine'), 'configs, training, registries', 'mmengine', needed=True),
    Part(('onedl-mmcv', 'mmcv', 'mmcv-lite'), 'reading and changing images', 'mmcv', needed=True),
    Part(('onedl-mmpretrain', 'mmpretrain'), 'search and retraining', 'mmpretrain', needed=True),
    Part(('onedl-mmdetection', 'mmdet'), 'detection: `mmnas detect`', 'mmdet'),
    Part(('pycocotools',), 'detection: boxes in the format of COCO'),
    Part(('triton',), 'on a GPU: fused kernels, S0 in .105 s a step in place of .162 (docs/speed.md)'),
    Part(('onnx',), 'export to ONNX: `mmnas export`'),
    Part(('onnxruntime',), 'export to ONNX: comparing what was written with PyTorch'),
    Part(('onnxscript',), 'export to ONNX through torch.export (`--dynamo`)'),
    Part(('pyarrow',), 'tables of benchmarks and images in Parquet files'),
    Part(('tifffile',), 'TIFF images of more bands or bits than Pillow reads'),
    Part(('scikit-image',), 'the photographs of the quick start', 'skimage'),
    Part(('timm',), 'derived networks by `timm.create_model`'),
    Part(('huggingface_hub',), 'saving and loading networks by the hub of models'),
    Part(('safetensors',), 'weights in safetensors'),
    Part(('tensorboard',), 'curves in TensorBoard'),
    Part(('wandb',), 'curves in Weights & Biases'),
    Part(('mlflow-skinny', 'mlflow'), 'curves in MLflow', 'mlflow'),
    Part(('ray',), 'independent evaluations on several machines'),
)


def examine() -> Iterator[tuple[str, str, str]]:
    """(part, what is there, what to know of it) line by line; ``missing`` where it is not there."""
    yield 'Python', platform.python_version(), platform.platform()
    yield 'mmnas_mae', __version__, f'configs and tools in {SHIPPED}'
    for part in PARTS:
        yield _look(part)
    yield _operators()
    yield _gpu()
    data = os.environ.get('MMNAS_DATA')
    there = f'{"" if Path(data).is_dir() else "no folder: "}{data}' if data else 'not set'
    yield 'MMNAS_DATA', there, 'folder with tables of benchmarks; that of NAS-Bench-201 comes with the package'


def missing_needs() -> list[str]:
    """Packages without which nothing works."""
    return [part.packages[0] for part in PARTS if part.needed and _found(part) is None]


def _found(part: Part) -> Optional[str]:
    """Versions of a part, None where it is not there."""
    if find_spec(part.module or part.packages[0].replace('-', '_')) is None:
        return None
    names = []
    for package in part.packages:
        try:
            names.append((package, version(package)))
        except PackageNotFoundError:
            continue
    return ' and '.join(number if name == part.packages[0] else f'{name} {number}' for name, number in names) or 'found'


def _look(part: Part) -> tuple[str, str, str]:
    found = _found(part)
    if found is None:
        return part.packages[0], 'missing', f'{part.gives}: pip install {part.packages[0]}'
    if ' and ' in found:
        return part.packages[0], found, 'two packages with one import name: uninstall both, install one'
    return part.packages[0], found, part.gives


def _operators() -> tuple[str, str, str]:
    """The compiled operators of mmcv."""
    name, gives = "mmcv's operators", 'detection: `python tools/misc/build_mmcv_ops.py` builds them'
    if find_spec('mmcv') is None or find_spec('mmcv._ext') is None:
        return name, 'missing', gives
    try:
        importlib.import_module('mmcv._ext')
        cuda = importlib.import_module('mmcv.ops').get_compiling_cuda_version()
    except ImportError as error:
        return name, 'broken', one_line(error)
    return name, 'CPU' if cuda == 'not available' else f'CUDA {cuda}', gives.partition(':')[0]


def _gpu() -> tuple[str, str, str]:
    if find_spec('torch') is None:
        return 'GPU', 'unknown', 'torch is missing'
    torch = importlib.import_module('torch')
    if not torch.cuda.is_available():
        built = f'torch is built for CUDA {torch.version.cuda}' if torch.version.cuda else 'torch is built without CUDA'
        return 'GPU', 'missing', f'S0 in .105 s a step in place of 3.75 s on two cores (docs/speed.md); {built}'
    names = ', '.join(torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count()))
    return 'GPU', str(torch.cuda.device_count()), names
