"""Instances as JSON text."""
