"""The items of a list inside of a dict, each to its plate value."""
