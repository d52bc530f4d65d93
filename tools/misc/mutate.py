"""Changes a module in one small way after the other, and tells which changes no test notices.

Comparisons move by a boundary or turn round, operators of arithmetic and logic become others, numbers and truth values
change, conditions are negated, neighbouring arguments change places. What stands in an error that is raised, in an
annotation or a decorator stays as it is. No file is touched: every mutant is compiled in a process of its own, which
runs the tests. Without arguments the modules of docs/reliability.md are looked at, each with its tests.
"""

import argparse
import ast
import copy
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any, Iterator, NamedTuple, Optional, Sequence

_MODELS, _TESTS = 'mmnas_mae/models', 'tests/test_models'
_RELAXATIONS = [f'{_TESTS}/test_architecture/test_{name}.py' for name in ('relaxation_settings', 'relaxations')]
#: Modules, each with the tests that are to notice.
TARGETS = {
    'mmnas_mae/engine/arch_grad.py': ['tests/test_engine/test_arch_grad.py'],
    'mmnas_mae/spaces/discretize.py': [
        'tests/test_spaces/test_discretize.py',
        'tests/test_spaces/test_prune.py',
        'tests/test_spaces/test_sparse.py',
        'tests/test_spaces/test_published_rules.py',
    ],
    f'{_MODELS}/reconstruction/patch_mask_generator.py': [f'{_TESTS}/test_reconstruction/test_patch_mask_generator.py'],
    f'{_MODELS}/layers/masked_norm.py': [f'{_TESTS}/test_layers/test_masked_norm.py'],
    f'{_MODELS}/architecture/relaxations.py': _RELAXATIONS,
    f'{_MODELS}/architecture/gumbel_relaxations.py': _RELAXATIONS,
    f'{_MODELS}/architecture/uniform_path_relaxation.py': _RELAXATIONS,
    f'{_MODELS}/reconstruction/decoders.py': [
        f'{_TESTS}/test_reconstruction/test_{name}.py' for name in ('decoders', 'targets')
    ],
    'mmnas_mae/utils/seeding.py': ['tests/test_utils/test_seeding.py'],
}
#: What every mutant needs and none changes; imported once.
_PRELOADED = ('torch', 'numpy', 'pytest', 'pyarrow.parquet', 'mmengine.runner', 'mmengine.visualization')
#: Flags of pytest: to the first failure, and without what takes longer than most tests.
_QUICKLY = ['-x', '-q', '--assert=plain', '-p', 'no:cacheprovider', '-p', 'no:unraisableexception']

_COMPARISONS = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ARITHMETIC = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
#: Functions whose arguments have no order.
_COMMUTATIVE = ('max', 'min')
_LOGIC = {ast.And: ast.Or, ast.Or: ast.And}


class Mutant(NamedTuple):
    """A module with one change.

    Args:
        line: of the change.
        before, after: the expression that is changed.
        tree: the whole module.
    """

    line: int
    before: str
    after: str
    tree: ast.Module

    def __str__(self) -> str:
        return f'{self.line}: {self.before}  ->  {self.after}'


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of a source text, in the order of its lines."""
    tree = ast.parse(source)
    for number, node in enumerate(_mutable(tree)):
        for after in _changes(node):
            if ast.unparse(after) == ast.unparse(node):
                continue
            changed = copy.deepcopy(tree)
            place = next(other for k, other in enumerate(_mutable(changed)) if k == number)
            _replace(changed, place, after)
            yield Mutant(node.lineno, _text(node), _text(after), ast.fix_missing_locations(changed))


def _mutable(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes below one that may be changed, in the order of the text."""
    skipped: tuple[str, ...] = ('annotation', 'returns', 'decorator_list')
    for name, value in ast.iter_fields(node):
        if name in skipped:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, (ast.Raise, ast.JoinedStr)) or not isinstance(child, ast.AST):
                continue
            if isinstance(child, ast.If) and ast.unparse(child.test) == 'TYPE_CHECKING':
                continue
            if hasattr(child, 'lineno'):
                yield child
            yield from _mutable(child)


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in the place of a node."""
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            for other in _COMPARISONS[type(operator)]:
                yield _with(node, ops=[*node.ops[:place], other(), *node.ops[place + 1 :]])
    elif isinstance(node, (ast.BinOp, ast.AugAssign)) and type(node.op) in _ARITHMETIC:
        yield _with(node, op=_ARITHMETIC[type(node.op)]())
    elif isinstance(node, ast.BoolOp):
        yield _with(node, op=_LOGIC[type(node.op)]())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub, ast.Invert)):
        yield node.operand
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        yield ast.Constant(node.value + 1)
    elif isinstance(node, (ast.If, ast.IfExp)) and not isinstance(node.test, (ast.Compare, ast.UnaryOp)):
        yield _with(node, test=ast.UnaryOp(ast.Not(), node.test))
    elif isinstance(node, ast.Call) and ast.unparse(node.func) not in _COMMUTATIVE:
        for place in range(len(node.args) - 1):
            first, second = node.args[place : place + 2]
            if not isinstance(first, ast.Starred) and not isinstance(second, ast.Starred):
                yield _with(node, args=[*node.args[:place], second, first, *node.args[place + 2 :]])


def _text(node: ast.AST) -> str:
    """A node as it is shown: of a condition no more than that."""
    return f'if {ast.unparse(node.test)}' if isinstance(node, ast.If) else ast.unparse(node)


def _with(node: ast.AST, **fields: Any) -> ast.AST:
    """A copy of a node with other fields."""
    other = copy.copy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    return other


def _replace(tree: ast.AST, old: ast.AST, new: ast.AST) -> None:
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, name, new)
            elif isinstance(value, list) and any(each is old for each in value):
                setattr(parent, name, [new if each is old else each for each in value])


class _Instead(importlib.abc.MetaPathFinder, importlib.machinery.SourceFileLoader):
    """Gives a mutant in the place of the module that its file holds."""

    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        super().__init__(name, str(path))
        self.code = compile(tree, str(path), 'exec')

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        return importlib.util.spec_from_file_location(name, self.path, loader=self) if name == self.name else None

    def get_code(self, name: str) -> Any:
        return self.code


def is_noticed(path: Path, tree: ast.Module, tests: Sequence[str], limit: Optional[float] = None) -> bool:
    """Runs tests on a module as it is, or as a mutant of it is, in a new process.

    Args:
        path: file of the module, below the current folder.
        tree: what it is to hold.
        tests: arguments of pytest.
        limit: seconds after which they count as failed; a mutant may never end.

    Returns:
        bool: whether a test failed.
    """
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setpgrp()  # what the tests start ends with them
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
            sys.meta_path.insert(0, _Instead('.'.join(path.with_suffix('').parts), path, tree))
            os.environ['PYTEST_DISABLE_PLUGIN_AUTOLOAD'] = '1'
            status = int(importlib.import_module('pytest').main([*_QUICKLY, *tests]))
        finally:
            os._exit(status)
    end = None if limit is None else time.monotonic() + limit
    while True:
        done, status = os.waitpid(child, 0 if end is None else os.WNOHANG)
        if done:
            return status != 0
        if time.monotonic() > end:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return True
        time.sleep(0.05)


def look_at(path: Path, tests: Sequence[str], lines: Optional[range] = None) -> dict[str, Any]:
    """Tries all mutants of a module and prints those that survive.

    Args:
        path: its file, below the current folder.
        tests: arguments of pytest.
        lines: the lines whose mutants count; None for all.

    Raises:
        ValueError: the tests fail without a change.
    """
    source, begun = path.read_text(), time.monotonic()
    if is_noticed(path, ast.parse(source), tests):
        raise ValueError(f'{path}: {" ".join(tests)} fail without a change')
    limit = 10 + 5 * (time.monotonic() - begun)
    tried = [mutant for mutant in mutants(source) if lines is None or mutant.line in lines]
    print(f'{path}: {len(tried)} mutants', flush=True)
    survivors = []
    for mutant in tried:
        if not is_noticed(path, mutant.tree, tests, limit):
            survivors.append(str(mutant))
            print(f'  {path}:{mutant}', flush=True)
    print(f'{path}: {len(tried) - len(survivors)} of {len(tried)} noticed', flush=True)
    return dict(module=str(path), mutants=len(tried), survivors=survivors)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('module', nargs='?', type=Path, help='file of a module, below the current folder')
    parser.add_argument('--tests', nargs='+', help='files of tests (default: those of a module that is known here)')
    parser.add_argument('--lines', type=int, nargs=2, metavar=('FIRST', 'LAST'), help='only mutants of these lines')
    parser.add_argument('--out', type=Path, help='writes the findings to this file, as JSON')
    args = parser.parse_args()
    if args.module is not None and not (args.tests or str(args.module) in TARGETS):
        sys.exit(f'error: {args.module} has no tests here; name some by --tests')
    chosen = TARGETS if args.module is None else {str(args.module): args.tests or TARGETS[str(args.module)]}
    sys.path.insert(0, os.getcwd())
    for name in _PRELOADED:
        importlib.import_module(name)
    lines = range(args.lines[0], args.lines[1] + 1) if args.lines else None
    try:
        found = [look_at(Path(module), tests, lines) for module, tests in chosen.items()]
    except (OSError, ValueError) as error:
        sys.exit(f'error: {error}')
    if args.out:
        args.out.write_text(json.dumps(found, indent=2) + '\n')
    return int(any(each['survivors'] for each in found))


if __name__ == '__main__':
    sys.exit(main())
