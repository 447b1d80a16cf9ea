"""Apply a function to each key of a list of dicts."""
