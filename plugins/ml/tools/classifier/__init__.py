"""A classifier that learns from a stream."""
