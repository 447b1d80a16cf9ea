"""Each item of a list to its plate value."""
