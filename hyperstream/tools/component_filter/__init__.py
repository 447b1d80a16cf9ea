"""The dicts with certain values."""
