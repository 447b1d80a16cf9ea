"""Random numbers of a gamma distribution."""
