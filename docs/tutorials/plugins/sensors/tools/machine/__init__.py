"""Measure this machine, now."""
