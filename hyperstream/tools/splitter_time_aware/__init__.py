"""Intervals of time, each to its plate value."""
