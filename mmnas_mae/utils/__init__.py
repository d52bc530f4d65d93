from .images import reconstruction_grid
from .seeding import get_random_state, kept_random_state, set_random_state, stream_seed
from .unwrap import unwrap

__all__ = ['get_random_state', 'kept_random_state', 'reconstruction_grid', 'set_random_state', 'stream_seed', 'unwrap']
