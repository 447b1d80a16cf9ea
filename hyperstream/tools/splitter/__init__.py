"""Dicts divided among the values of a plate."""
