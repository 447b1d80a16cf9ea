"""Dicts with one value for all keys."""
