"""Percentiles as rows of a file."""
