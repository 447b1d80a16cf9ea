"""The mean of each list."""
