"""Packaging of mmnas_mae; settings of the tools stand in pyproject.toml."""

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).resolve().parent
#: Each a file in requirements/.
EXTRAS = (
    'core', 'detection', 'segmentation', 'export', 'benchmarks', 'ray', 'hub', 'dashboards', 'tests', 'docs',
)  # fmt: skip


def read_version() -> str:
    """Version in mmnas_mae/version.py, read without importing the package, which needs mmengine."""
    path = ROOT / 'mmnas_mae' / 'version.py'
    match = re.search(r"^__version__ = '([^']+)'$", path.read_text(encoding='utf-8'), re.MULTILINE)
    if match is None:
        raise RuntimeError(f"{path} has no line of the form __version__ = '1.2.3'")
    return match.group(1)


def read_requirements(name: str) -> list[str]:
    """Lines of requirements/<name>.txt without comments."""
    lines = (ROOT / 'requirements' / f'{name}.txt').read_text(encoding='utf-8').splitlines()
    return [line.strip() for line in lines if line.strip() and not line.lstrip().startswith('#')]


def read_readme() -> str:
    path = ROOT / 'README.md'
    return path.read_text(encoding='utf-8') if path.exists() else ''


setup(
    name='mmnas-mae',
    version=read_version(),
    description='Label-free neural architecture search on MMEngine: masked autoencoders instead of labels',
    long_description=read_readme(),
    long_description_content_type='text/markdown',
    license='Apache-2.0',
    packages=find_packages(include=['mmnas_mae', 'mmnas_mae.*']),
    package_data={
        'mmnas_mae.spaces': ['published.json'],
        'mmnas_mae.report': ['report.html'],
        'mmnas_mae.benchmarks': ['nasbench201.npz'],
    },
    python_requires='>=3.10,<3.13',
    # No mm package here. onedl-mmengine and mmengine (and so mmcv, mmpretrain, mmdet) own the same import folders and
    # pip knows no conflict between them, so a hard requirement would overwrite the family that the user has already.
    # The extras bring the maintained forks; mmnas_mae itself says what is missing when it is imported without.
    install_requires=['torch>=2.4', 'torchvision', 'numpy', 'pyarrow', 'pillow', 'matplotlib', 'scipy'],
    extras_require={name: read_requirements(name) for name in EXTRAS},
    zip_safe=False,
)
