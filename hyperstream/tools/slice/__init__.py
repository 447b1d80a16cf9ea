"""One item of each list."""
