"""The ratio of two streams."""
