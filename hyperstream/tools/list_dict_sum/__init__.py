"""The sum of each list of dicts."""
