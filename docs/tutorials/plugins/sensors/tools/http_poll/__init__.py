"""Ask an HTTP API for readings."""
