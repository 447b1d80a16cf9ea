"""Each item of a dict to its plate value."""
