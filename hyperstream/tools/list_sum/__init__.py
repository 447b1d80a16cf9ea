"""The sum of each list."""
