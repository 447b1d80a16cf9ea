"""CSV files as a stream."""
