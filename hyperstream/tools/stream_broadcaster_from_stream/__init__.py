"""All values to the plate values that a stream names."""
