"""The histogram of each list."""
