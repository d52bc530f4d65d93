"""How a search runs on its devices, with the same results."""
