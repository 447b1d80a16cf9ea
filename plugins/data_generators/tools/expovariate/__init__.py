"""Random numbers of an exponential distribution."""
