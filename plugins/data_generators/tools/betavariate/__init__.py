"""Random numbers between 0 and 1, of a beta distribution."""
