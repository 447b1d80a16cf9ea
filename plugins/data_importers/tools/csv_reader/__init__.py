"""One CSV file as a stream."""
