"""Intervals of time that a stream names, each to its plate value."""
