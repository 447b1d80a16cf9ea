"""Random numbers between 0 and 1."""
