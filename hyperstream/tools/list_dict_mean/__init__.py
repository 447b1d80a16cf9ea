"""The mean of each list of dicts."""
