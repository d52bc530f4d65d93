"""Scores of many architectures of a benchmark, and how they rank them."""
