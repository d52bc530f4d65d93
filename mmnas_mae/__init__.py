"""Label-free neural architecture search on MMEngine."""

from .version import __version__

try:
    import mmengine  # noqa: F401
except ModuleNotFoundError as error:
    if error.name != 'mmengine':
        raise
    raise ModuleNotFoundError(
        'mmnas_mae needs mmengine, which is not installed: pip install "mmnas-mae[core]" '
        '(or your own mmengine >= 0.10)',
        name='mmengine',
    ) from None

__all__ = ['__version__']
