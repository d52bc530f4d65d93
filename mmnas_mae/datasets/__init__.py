from .array_images import ArrayImages
from .pack_images import PackImages
from .parquet_images import ParquetImages
from .photo_crops import PhotoCrops
from .ramped_cutout import RampedCutout
from .resumable_sampler import ResumableSampler
from .search_split import SearchSplit

__all__ = [
    'ArrayImages',
    'PackImages',
    'ParquetImages',
    'PhotoCrops',
    'RampedCutout',
    'ResumableSampler',
    'SearchSplit',
]
