"""Apply a function to each value."""
