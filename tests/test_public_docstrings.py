"""What is public says what it is, what it takes and what it raises."""

import ast
import re
from pathlib import Path
from typing import Iterator

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / 'mmnas_mae'
MODULES = sorted(path for path in PACKAGE.rglob('*.py') if path.name != '__init__.py')


def public(path: Path) -> Iterator[tuple[str, ast.AST]]:
    """Classes, functions and methods of a module without an underscore, properties left out."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not node.name.startswith('_'):
            yield node.name, node
        if isinstance(node, ast.ClassDef) and not node.name.startswith('_'):
            for inner in node.body:
                decorators = [ast.unparse(each) for each in getattr(inner, 'decorator_list', [])]
                if (
                    isinstance(inner, ast.FunctionDef)
                    and not inner.name.startswith('_')
                    and 'property' not in decorators
                ):
                    yield f'{node.name}.{inner.name}', inner


def arguments(node: ast.ClassDef) -> list[str]:
    """What a class is built from, without ``self``."""
    made = [inner for inner in node.body if isinstance(inner, ast.FunctionDef) and inner.name == '__init__']
    names = [arg.arg for init in made for arg in (*init.args.args, *init.args.kwonlyargs)]
    return [name for name in names if name != 'self']


@pytest.mark.parametrize('path', MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_what_is_public_is_described(path: Path) -> None:
    for name, node in public(path):
        text = ast.get_docstring(node)
        assert text, f'{name} has no docstring'
        if isinstance(node, ast.ClassDef):
            _, _, listed = text.partition('Args:')
            missing = [argument for argument in arguments(node) if not re.search(rf'\b{argument}\b', listed)]
            assert not missing, f'{name} does not say what {", ".join(missing)} is'
