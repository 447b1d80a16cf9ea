"""The length of each list."""
