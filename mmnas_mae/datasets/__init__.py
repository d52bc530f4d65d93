from .array_images import ArrayImages
from .border_cutout import BorderCutout
from .clipped_lighting import ClippedLighting
from .image_folder import ImageFolder
from .load_image_from_file import LoadImageFromFile
from .pack_images import PackImages
from .parquet_images import ParquetImages
from .photo_crops import PhotoCrops
from .ramped_cutout import RampedCutout
from .read_image import ImageReader, read_image
from .resumable_sampler import ResumableSampler
from .search_split import SearchSplit

__all__ = [
    'ArrayImages',
    'BorderCutout',
    'ClippedLighting',
    'ImageFolder',
    'ImageReader',
    'LoadImageFromFile',
    'PackImages',
    'ParquetImages',
    'PhotoCrops',
    'RampedCutout',
    'ResumableSampler',
    'SearchSplit',
    'read_image',
]
