"""Names of a package that are imported when they are first used, and a package that can be called."""

import importlib
import sys
from types import ModuleType
from typing import Any, Callable, Mapping


def lazy_names(package: str, origins: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The functions ``__getattr__`` and ``__dir__`` of a package (PEP 562).

    Args:
        package: its ``__name__``.
        origins: name to ``module`` or ``module:name in it``, the module below the package.
    """

    def __getattr__(name: str) -> Any:
        if name not in origins:
            raise AttributeError(f'module {package!r} has no attribute {name!r}')
        module, _, attribute = origins[name].partition(':')
        found = importlib.import_module(f'{package}.{module}')
        value = getattr(found, attribute) if attribute else found
        setattr(sys.modules[package], name, value)
        return value

    def __dir__() -> list[str]:
        return sorted({*vars(sys.modules[package]), *origins})

    return __getattr__, __dir__


def make_callable(package: str, function: Callable[..., Any]) -> None:
    """Lets a package be called as one of its functions.

    Importing a package sets it as an attribute of the package above, over a function of the same name there.
    """

    class CallablePackage(ModuleType):
        """A package that is also a function."""

        __doc__ = sys.modules[package].__doc__

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

    CallablePackage.__call__.__doc__ = function.__doc__
    sys.modules[package].__class__ = CallablePackage
