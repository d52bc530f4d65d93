"""What a shell completes of the command line."""

import contextlib
import io
import re
from string import Template
from typing import Callable, Mapping

#: Shells that complete.
SHELLS = ('bash', 'zsh')

_SCRIPT = Template("""_mmnas() {
    local word="${COMP_WORDS[COMP_CWORD]}" flags=''
    COMPREPLY=()
    if [ "${COMP_CWORD}" -eq 1 ]; then
        COMPREPLY=($(compgen -W '$names' -- "${word}"))
        return
    fi
    case "${COMP_WORDS[1]}" in
$cases
    esac
    case "${word}" in
        -*) COMPREPLY=($(compgen -W "${flags}" -- "${word}")) ;;
    esac
}
complete -o default -F _mmnas mmnas""")


def completion_script(shell: str, helps: Mapping[str, Callable[[], object]]) -> str:
    """A script that completes names and flags of the subcommands, and files.

    The flags stand in the script, so that no key starts Python.

    Args:
        shell: one of :data:`SHELLS`; zsh takes the script of bash by its ``bashcompinit``.
        helps: subcommand to what prints its help.
    """
    cases = '\n'.join(f"        {name}) flags='{' '.join(_flags(show))}' ;;" for name, show in helps.items())
    script = _SCRIPT.safe_substitute(names=' '.join([*helps, 'completion']), cases=cases)
    begin = 'autoload -Uz compinit bashcompinit && compinit && bashcompinit\n' if shell == 'zsh' else ''
    return begin + script


def _flags(show: Callable[[], object]) -> list[str]:
    """The long flags in the help of a subcommand."""
    text = io.StringIO()
    with contextlib.redirect_stdout(text), contextlib.suppress(SystemExit):
        show()
    return sorted(set(re.findall(r'(?<![\w-])--[a-z][\w-]*', text.getvalue())))
