"""Label-free neural architecture search on MMEngine.

What stands in ``__all__`` is imported when it is first used; until then neither torch nor anything that needs it.
"""

from typing import TYPE_CHECKING

from .lazy import lazy_names
from .version import __version__

try:
    from mmengine.config.utils import MODULE2PACKAGE
except ModuleNotFoundError as error:
    if error.name != 'mmengine':
        raise
    raise ModuleNotFoundError(
        'mmnas_mae needs mmengine, which is not installed: pip install onedl-mmengine onedl-mmcv onedl-mmpretrain '
        '(or your own mmengine >= 0.10)',
        name='mmengine',
    ) from None

# MMEngine takes `mmnas_mae::...` for a config only of the packages in this list of its own.
MODULE2PACKAGE.setdefault('mmnas_mae', 'mmnas_mae')

if TYPE_CHECKING:
    from .apis.training import load_config, train
    from .models.build import build_backbone, build_network
    from .planning.folder_search import SearchResult, search
    from .report.report import write_report as report
    from .spaces.load import load_genotype as get_genotype
    from .spaces.load import published_names as list_genotypes

__all__ = [
    'SearchResult',
    '__version__',
    'build_backbone',
    'build_network',
    'get_genotype',
    'list_genotypes',
    'load_config',
    'report',
    'search',
    'train',
]

__getattr__, __dir__ = lazy_names(
    __name__,
    dict(
        SearchResult='planning.folder_search:SearchResult',
        build_backbone='models.build:build_backbone',
        build_network='models.build:build_network',
        get_genotype='spaces.load:load_genotype',
        list_genotypes='spaces.load:published_names',
        load_config='apis.training:load_config',
        report='report',
        search='planning.folder_search:search',
        train='apis.training:train',
    ),
)
