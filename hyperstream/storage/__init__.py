"""Stores: where instances live, and what is known to be calculated."""
