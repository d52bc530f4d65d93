"""Runs over seeds, and grids of them, with their tables and pictures."""
