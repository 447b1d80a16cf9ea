"""A data set as a stream."""
