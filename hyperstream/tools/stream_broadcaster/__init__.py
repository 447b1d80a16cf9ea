"""Each value to all values of a plate."""
