"""Random numbers whose logarithms are of a normal distribution."""
