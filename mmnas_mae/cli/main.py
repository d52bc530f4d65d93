"""``mmnas``: one name for the tools, wherever they are installed."""

import importlib.util
import os
import sys
from functools import partial
from types import ModuleType
from typing import Optional, Sequence

from ..utils.errors import near_names
from ..utils.shipped import TOOLS, find_tool
from ..version import __version__
from .completion import SHELLS, completion_script

#: Subcommand to what it does, in a few words.
HELP = {
    'search': 'search an architecture on a folder of images without labels',
    'report': 'write the page of a search',
    'derive': 'derive the genotype from a checkpoint of a search',
    'draw': 'draw a genotype',
    'retrain': 'train a classifier with what a search has found',
    'compare': 'compare what was found with the obvious alternatives of its cost',
    'detect': 'train a detector with what a search has found',
    'export': 'write a network as ONNX, TorchScript or torch.export',
    'query': 'look an architecture up in the table of a benchmark',
    'study': 'run a grid of searches over seeds',
    'train': 'train what any config describes',
    'test': 'test a checkpoint of any config',
    'doctor': 'say what is installed, and what each missing part would give',
}


def main(argv: Optional[Sequence[str]] = None) -> Optional[int]:
    """Runs a subcommand with its arguments and returns the exit status.

    Args:
        argv: the command line without the name of the command; by default that of the process.
    """
    try:
        return dispatch(list(sys.argv[1:] if argv is None else argv) or ['--help'])
    except BrokenPipeError:  # who read what is printed has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        print('interrupted', file=sys.stderr)
        return 130


def dispatch(argv: Sequence[str]) -> Optional[int]:
    """What the first argument asks for."""
    name, *arguments = argv
    if name in ('-h', '--help', 'help'):
        print(overview())
        return 0
    if name == '--version':
        print(__version__)
        return 0
    if name == 'completion':
        return complete(arguments)
    if name not in available():
        print(f'error: {name!r} is no command of mmnas{near_names(name, available())}', file=sys.stderr)
        return 2
    return run(name, arguments)


def available() -> list[str]:
    """The subcommands whose tools are there."""
    return [name for name, tool in TOOLS.items() if find_tool(tool).is_file()]


def overview() -> str:
    """All that ``mmnas --help`` says."""
    lines = [
        'usage: mmnas COMMAND ...',
        '',
        'Label-free neural architecture search. `mmnas COMMAND --help` says more.',
        '',
    ]
    lines += [f'  {name:<11} {HELP[name]}' for name in available()]
    lines += [f'  {"completion":<11} print what completes these commands in {" or ".join(SHELLS)}']
    return '\n'.join(lines)


def complete(arguments: Sequence[str]) -> int:
    """``mmnas completion SHELL``."""
    if len(arguments) == 1 and arguments[0] in SHELLS:
        print(completion_script(arguments[0], {name: partial(run, name, ['--help']) for name in available()}))
        return 0
    asked = arguments[:1] in (['-h'], ['--help'])
    text = f'usage: mmnas completion {{{",".join(SHELLS)}}}\n\nLoad it by: eval "$(mmnas completion bash)"'
    print(text, file=sys.stdout if asked else sys.stderr)
    return 0 if asked else 2


def run(name: str, arguments: Sequence[str]) -> Optional[int]:
    """Runs the tool of a subcommand in this process, as if it had been started."""
    before = sys.argv
    sys.argv = [f'mmnas {name}', *arguments]
    try:
        return _load(name).main()
    finally:
        sys.argv = before


def _load(name: str) -> ModuleType:
    path = find_tool(TOOLS[name])
    spec = importlib.util.spec_from_file_location(f'mmnas_{name}', path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(f'{path} is no Python file')
    module = importlib.util.module_from_spec(spec)
    # Where what the tool defines is looked for, as by a pickle.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
