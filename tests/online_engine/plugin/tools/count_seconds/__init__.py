"""Counts seconds; for tests of the engine."""
