"""Histograms as rows of a file."""
