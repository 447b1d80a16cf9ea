"""The product of two streams."""
