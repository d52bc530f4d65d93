"""Builds mmcv's compiled operators, which mmdet needs, and installs them into the Python that runs this.

A C++ compiler is all it needs: about 5 minutes on 2 cores. The wheel is kept in a cache outside the environment, in a
folder named after the versions of torch and Python, so that another environment installs it in seconds.
"""

import argparse
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path
from typing import Optional, Sequence

ROOT = Path(__file__).resolve().parents[2]
# Debug information and warnings of these sources help nobody here, and cost most of the time.
CFLAGS = '-O2 -g0 -w'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--cache', help='folder for wheels (default: MMNAS_WHEELS, or mmnas_mae/wheels in the cache)')
    parser.add_argument('--cuda', action='store_true', help='the operators for CUDA too; needs the nvcc of this torch')
    parser.add_argument('--pip-flags', default='', help='more flags for pip, such as another index')
    parser.add_argument('--no-install', action='store_true', help='print the path of the wheel, install nothing')
    args = parser.parse_args()
    requirement = read_requirement()
    folder = Path(args.cache or default_cache()) / wheel_key(args.cuda)
    wheels = sorted(folder.glob(f'*-{requirement.partition("==")[2]}-*.whl'))
    try:
        wheel = wheels[0] if wheels else build(requirement, folder, args.cuda, shlex.split(args.pip_flags))
        if not args.no_install:
            # The mmcv without operators has the same version, so pip has to be told to replace it.
            pip('install', '--no-deps', '--no-index', '--force-reinstall', str(wheel))
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        sys.exit(f"error: mmcv's compiled operators were not installed: {error}")
    print(wheel)


def default_cache() -> Path:
    """MMNAS_WHEELS, or a folder of the user's cache."""
    given = os.environ.get('MMNAS_WHEELS')
    return Path(given or Path(os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache') / 'mmnas_mae' / 'wheels')


def read_requirement() -> str:
    """The pin of mmcv in requirements/core.txt."""
    text = (ROOT / 'requirements' / 'core.txt').read_text(encoding='utf-8')
    return re.search(r'^onedl-mmcv==\S+$', text, re.MULTILINE).group()


def wheel_key(cuda: bool) -> str:
    """Operators fit one build of torch and one Python; a wheel's own name says the second only."""
    import torch

    ops = 'cuda' if cuda else 'cpu'
    return f'torch{torch.__version__}-{sys.implementation.cache_tag}-{platform.machine()}-{ops}'


def build(requirement: str, folder: Path, cuda: bool, pip_flags: Sequence[str] = ()) -> Path:
    """Compiles the sources of ``requirement`` and moves the wheel into ``folder``.

    Raises:
        ValueError: the compiler or Python's headers are missing, or the wheel holds no operators.
        subprocess.CalledProcessError: a step of the build failed; its output was printed.
    """
    compiler = os.environ.get('CXX', 'c++')
    if shutil.which(compiler) is None:
        raise ValueError(f'there is no C++ compiler {compiler!r} (Debian and Ubuntu: apt install g++)')
    if not Path(sysconfig.get_path('include'), 'Python.h').is_file():
        raise ValueError(
            f'Python.h is not in {sysconfig.get_path("include")} (Debian and Ubuntu: apt install python3-dev)'
        )
    print('building the compiled operators of mmcv: about 5 minutes on 2 cores', file=sys.stderr)
    # ninja may be in this environment only. One compiler process takes up to 2 GB.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get('PATH', '')])
    env = dict(os.environ, PATH=path, CFLAGS=CFLAGS, MMCV_WITH_OPS='1', FORCE_CUDA=str(int(cuda)))
    env.setdefault('MAX_JOBS', str(len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else 2))
    if not cuda:
        # With a GPU in sight mmcv's setup.py wants nvcc.
        env['CUDA_VISIBLE_DEVICES'] = ''
    with tempfile.TemporaryDirectory(prefix='mmcv-ops-') as scratch:
        flags = ('--no-deps', '--no-build-isolation', '--no-binary', ':all:', *pip_flags)
        pip('download', *flags, '--dest', scratch, requirement)
        shutil.unpack_archive(next(Path(scratch).glob('*.tar.gz')), scratch)
        source = next(path.parent for path in Path(scratch).glob('*/setup.py'))
        precompile_header(source / 'mmcv' / 'ops' / 'csrc' / 'common', compiler, env)
        pip('wheel', '--no-deps', '--no-build-isolation', '--wheel-dir', scratch, str(source), env=env)
        wheel = next(Path(scratch).glob('*.whl'))
        if not any(name.startswith('mmcv/_ext.') for name in zipfile.ZipFile(wheel).namelist()):
            raise ValueError(f'{wheel.name} was built without them')
        # First under another name: two builds at once, or one that is stopped, leave no half of a wheel.
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f'.{os.getpid()}.partial'
        shutil.copyfile(wheel, partial)
        return partial.rename(folder / wheel.name)


def precompile_header(common: Path, compiler: str, env: dict) -> None:
    """Compiles torch's headers once instead of once for each file, which saves two thirds of the time.

    The flags must be those of the build; with others the compiler ignores the result.
    """
    from torch.utils.cpp_extension import include_paths

    header = common / 'pytorch_cpp_helper.hpp'
    includes = [f'-I{path}' for path in (common, *include_paths(), sysconfig.get_path('include'))]
    defines = ['-DTORCH_API_INCLUDE_EXTENSION_H', '-DTORCH_EXTENSION_NAME=_ext']
    command = [compiler, *CFLAGS.split(), '-fPIC', *includes, '-std=c++17', *defines, '-x', 'c++-header', str(header)]
    # Not fatal: clang for one reads such headers in another way.
    subprocess.run([*command, '-o', f'{header}.gch'], env=env, check=False)


def pip(*arguments: str, env: Optional[dict] = None) -> None:
    """Runs pip of this Python; what it says goes to stderr."""
    command = [sys.executable, '-m', 'pip', arguments[0], '--quiet', '--no-input', '--disable-pip-version-check']
    subprocess.run([*command, *arguments[1:]], env=env, check=True, stdout=sys.stderr)


if __name__ == '__main__':
    sys.exit(main())
