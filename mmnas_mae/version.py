"""The one place that holds the version; setup.py reads it with a regular expression."""

__version__ = '0.1.0'
