from .pack_images import PackImages
from .parquet_images import ParquetImages
from .photo_crops import PhotoCrops
from .resumable_sampler import ResumableSampler
from .search_split import SearchSplit

__all__ = ['PackImages', 'ParquetImages', 'PhotoCrops', 'ResumableSampler', 'SearchSplit']
