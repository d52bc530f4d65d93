"""The configs and tools that come with the package, wherever it is installed."""

import os
import re
import shlex
from pathlib import Path
from typing import Union

#: What a name of a config of this package begins with, as in ``mmnas_mae::search/...``.
PREFIX = 'mmnas_mae::'

_PACKAGE = Path(__file__).resolve().parent.parent
_MIM = _PACKAGE / '.mim'
#: The folder that holds ``configs`` and ``tools``: ``.mim`` of an installed package, else the checkout, to which an
#: editable install has links there.
SHIPPED = _MIM if (_MIM / 'configs').is_dir() and not (_MIM / 'configs').is_symlink() else _PACKAGE.parent
#: Subcommand of `mmnas` to its tool, in the order of a project.
TOOLS = {
    'search': 'search.py',
    'report': 'visualization/report.py',
    'derive': 'derive_genotype.py',
    'draw': 'visualization/draw_genotype.py',
    'retrain': 'retrain.py',
    'compare': 'compare.py',
    'detect': 'detect.py',
    'export': 'misc/export.py',
    'query': 'analysis/query_benchmark.py',
    'study': 'study.py',
    'train': 'train.py',
    'test': 'test.py',
    'doctor': 'doctor.py',
}


def find_config(name: Union[str, os.PathLike]) -> Path:
    """The file of a config.

    Args:
        name: a file; or one that comes with the package, by its path in the repository (``configs/search/x.py``), as
            MMEngine writes it (``mmnas_mae::search/x.py``, also without the suffix).

    Raises:
        FileNotFoundError: there is none.
    """
    text = os.fspath(name)
    if not text.startswith(PREFIX):
        path = Path(text)
        inside = SHIPPED / path
        if path.is_file() or path.is_absolute() or path.parts[:1] != ('configs',) or '..' in path.parts:
            inside = path
    else:
        inside = SHIPPED / 'configs' / text.removeprefix(PREFIX)
        inside = inside if inside.suffix == '.py' else inside.with_name(f'{inside.name}.py')
    if not inside.is_file():
        raise FileNotFoundError(f'config {text!r} does not exist')
    return inside


def find_tool(name: str) -> Path:
    """The file of a tool by its path below ``tools``, such as ``visualization/report.py``, whether it exists or not."""
    return SHIPPED / 'tools' / name


def typed_command(command: str, root: Path = SHIPPED) -> str:
    """A command of the repository as a user types it: of an installed package that of ``mmnas``, where it has one.

    Args:
        command: as in the documents, ``python tools/train.py configs/...``.
        root: the folder that holds ``tools``.
    """
    if root.name != '.mim':
        return command
    names = {tool: name for name, tool in TOOLS.items()}

    def typed(match: re.Match) -> str:
        begin, tool = match[1] or 'bash ', match[2]
        return f'mmnas {names[tool]}' if tool in names else begin + shlex.quote(str(root / 'tools' / tool))

    return re.sub(r'(?m)^(python )?tools/(\S+)', typed, command)
