"""A search on a folder from one call: settings by the images and the machine, and what it has left."""
