"""The percentiles of each list."""
