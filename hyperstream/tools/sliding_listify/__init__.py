"""The data in each window as a list."""
