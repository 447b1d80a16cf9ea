"""Apply a function to each list."""
