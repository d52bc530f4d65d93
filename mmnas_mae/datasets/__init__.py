from .array_images import ArrayImages
from .border_cutout import BorderCutout
from .pack_images import PackImages
from .parquet_images import ParquetImages
from .photo_crops import PhotoCrops
from .ramped_cutout import RampedCutout
from .resumable_sampler import ResumableSampler
from .search_split import SearchSplit

__all__ = [
    'ArrayImages',
    'BorderCutout',
    'PackImages',
    'ParquetImages',
    'PhotoCrops',
    'RampedCutout',
    'ResumableSampler',
    'SearchSplit',
]
