"""Apply a function to the data in each window."""
