"""Checkpoints: complete or absent on disk, and read without executing anything."""
