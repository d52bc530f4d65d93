"""Packaging of mmnas_mae; settings of the tools stand in pyproject.toml."""

import re
import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
#: Each a file in requirements/.
EXTRAS = (
    'core', 'detection', 'segmentation', 'export', 'benchmarks', 'ray', 'hub', 'dashboards', 'tests', 'docs',
)  # fmt: skip
#: What the package carries in ``.mim``, where OpenMMLab's tools look for it: `mim`, and MMEngine's `mmnas_mae::...`.
MIM = ('configs', 'tools', 'model-index.yml')


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


def read_address() -> str:
    """Where the repository is, as CITATION.cff says it (``repository-code``); empty as long as it says nothing."""
    path = ROOT / 'CITATION.cff'
    match = re.search(
        r'^repository-code: *["\']?([^"\'\s]+)', path.read_text(encoding='utf-8') if path.exists() else '', re.M
    )
    return match[1].rstrip('/') if match else ''


def read_readme() -> str:
    """README.md for a page that does not lie beside the other files: their links are made whole, or left out."""
    path = ROOT / 'README.md'
    text = path.read_text(encoding='utf-8') if path.exists() else ''
    address = read_address()
    whole = rf'[\1]({address}/blob/main/\2)' if address else r'\1'
    return re.sub(r'\[([^\]]+)\]\((?!https?://|#)([^)]+)\)', whole, text)


class BuildWithMim(build_py):
    """Puts configs, tools and the index of models into the package; an editable install has links to them."""

    def run(self) -> None:
        super().run()
        place = (ROOT if self.editable_mode else Path(self.build_lib)) / 'mmnas_mae' / '.mim'
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        for name in MIM:
            if self.editable_mode:
                (place / name).symlink_to(Path('..', '..', name), target_is_directory=(ROOT / name).is_dir())
            elif (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns('__pycache__', '*.pyc'))
            else:
                shutil.copy2(ROOT / name, place / name)


setup(
    name='mmnas-mae',
    version=read_version(),
    description='Label-free neural architecture search on MMEngine: masked autoencoders instead of labels',
    long_description=read_readme(),
    long_description_content_type='text/markdown',
    author='mmnas_mae developers',
    license='Apache-2.0',
    license_files=['LICENSE'],
    keywords=['neural architecture search', 'masked autoencoder', 'self-supervised learning', 'openmmlab'],
    project_urls={'Source': read_address()} if read_address() else {},
    classifiers=[
        'Development Status :: 4 - Beta',
        'Intended Audience :: Developers',
        'Intended Audience :: Science/Research',
        'Operating System :: OS Independent',
        'Programming Language :: Python :: 3',
        'Programming Language :: Python :: 3 :: Only',
        'Programming Language :: Python :: 3.10',
        'Programming Language :: Python :: 3.11',
        'Programming Language :: Python :: 3.12',
        'Topic :: Scientific/Engineering :: Artificial Intelligence',
        'Topic :: Scientific/Engineering :: Image Recognition',
        'Typing :: Typed',
    ],
    cmdclass={'build_py': BuildWithMim},
    entry_points={'console_scripts': ['mmnas=mmnas_mae.cli.main:main']},
    packages=find_packages(include=['mmnas_mae', 'mmnas_mae.*']),
    package_data={
        'mmnas_mae': ['py.typed'],
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
