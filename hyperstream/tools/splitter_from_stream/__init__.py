"""Dicts divided among the values of a plate as a stream says."""
