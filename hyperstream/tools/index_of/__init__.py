"""The streams of one plate value."""
