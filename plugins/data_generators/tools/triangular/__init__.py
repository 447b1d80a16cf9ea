"""Random numbers of a triangular distribution."""
