"""The rooms of the package: which may import which, how large they are, what looking into one brings along."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / 'mmnas_mae'

#: From the ground up: a room imports what stands before it, and itself.
FLOORS = """
version lazy registry utils utils.checkpoints spaces benchmarks datasets
models.kernels models.layers models.architecture models.networks models.reconstruction models.objectives models
costs engine engine.stabilisers engine.records engine.execution discrete scores report studies apis comparison
planning ecosystem timm_models cli
""".split()
MOST_MODULES = 15


def module_of(path: Path) -> str:
    return '.'.join(path.relative_to(PACKAGE).with_suffix('').parts).removesuffix('__init__').rstrip('.')


MODULES = {module_of(path): path for path in sorted(PACKAGE.rglob('*.py'))}


def is_face(module: str) -> bool:
    return MODULES[module].name == '__init__.py'


def imported(module: str) -> list[tuple[str, str]]:
    """(module, name) of everything that a module takes from the package, wherever in it the import stands."""
    package = module if is_face(module) else module.rpartition('.')[0]
    found = []
    for node in ast.walk(ast.parse(MODULES[module].read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            parts = package.split('.') if package else []
            base = '.'.join([*parts[: len(parts) - node.level + 1], *filter(None, [node.module])])
            found += [(base, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and (node.module or '').split('.')[0] == 'mmnas_mae':
            found += [(node.module.partition('.')[2], alias.name) for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [(a.name.partition('.')[2], '') for a in node.names if a.name.split('.')[0] == 'mmnas_mae']
    return found


def source(module: str, name: str) -> str:
    """The module that defines a name, through the faces that hand it on."""
    inside = f'{module}.{name}'.strip('.')
    if inside in MODULES:
        return inside
    if is_face(module):
        for origin, handed in imported(module):
            if handed == name:
                return source(origin, name)
    return module


#: Every module but the faces, which define nothing, with what it imports.
ARROWS = {module: {source(*pair) for pair in imported(module)} for module in MODULES if not is_face(module)}


def room(module: str) -> str:
    return max((floor for floor in FLOORS if f'{module}.'.startswith(f'{floor}.')), key=len)


@pytest.mark.parametrize('module', ARROWS)
def test_no_import_runs_upwards(module):
    place = FLOORS.index(room(module))
    upwards = {target for target in ARROWS[module] if FLOORS.index(room(target)) > place}
    assert not upwards, f'{module} stands below {sorted(upwards)}'


def test_no_modules_import_each_other_in_a_circle():
    open_arrows = {module: set(targets) - {module} for module, targets in ARROWS.items()}
    while leaves := [module for module, targets in open_arrows.items() if not targets & set(open_arrows)]:
        for module in leaves:
            del open_arrows[module]
    assert not open_arrows, f'circles among {sorted(open_arrows)}'


def test_no_room_has_too_many_modules():
    sizes = {folder: len([p for p in folder.glob('*.py') if p.name != '__init__.py']) for folder in PACKAGE.rglob('*')}
    assert {folder.name: size for folder, size in sizes.items() if size > MOST_MODULES} == {}


def test_a_face_defines_nothing():
    for module in filter(is_face, MODULES):
        tree = ast.parse(MODULES[module].read_text())
        assert not [n for n in tree.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))], module


#: What looking into a room must not bring along.
LIGHT = {
    'import mmnas_mae; dir(mmnas_mae); mmnas_mae.list_genotypes()': ('torch', 'matplotlib', 'pyarrow', 'mmpretrain'),
    'import mmnas_mae.cli.main': ('torch', 'matplotlib', 'pyarrow', 'mmpretrain'),
    'import mmnas_mae.spaces': ('torch', 'matplotlib', 'pyarrow'),
    'from mmnas_mae.spaces import load_genotype; load_genotype("DARTS_V2")': ('torch', 'matplotlib', 'pyarrow'),
    'import mmnas_mae.benchmarks': ('torch', 'matplotlib', 'pyarrow'),
    'from mmnas_mae.registry import HOOKS; HOOKS.get("mmnas_mae.GenotypeHook")': ('matplotlib.pyplot', 'pyarrow'),
    'import runpy; runpy.run_path("tools/analysis/query_benchmark.py")': ('torch', 'matplotlib', 'pyarrow'),
    'import mmnas_mae.models': ('matplotlib.pyplot', 'pyarrow', 'mmpretrain', 'mmdet', 'triton'),
    'from mmnas_mae.apis import build_network': ('matplotlib.pyplot', 'pyarrow', 'mmpretrain', 'mmdet'),
}


@pytest.mark.parametrize('statement', LIGHT)
def test_looking_into_a_room_brings_little_along(statement):
    ask = f'{statement}; import sys; print([name for name in {LIGHT[statement]} if name in sys.modules])'
    process = subprocess.run([sys.executable, '-c', ask], capture_output=True, text=True, cwd=PACKAGE.parent)
    assert process.returncode == 0, process.stderr
    assert process.stdout.splitlines()[-1] == '[]'
