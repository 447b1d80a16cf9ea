"""Rows, some together."""
