"""Random angles of a von Mises distribution."""
