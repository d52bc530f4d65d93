"""A disk that is really full: a checkpoint is complete or absent, and the run goes on once there is room."""
