"""Hooks that keep a search from collapsing: schedules, perturbation, curvature and early stopping."""
