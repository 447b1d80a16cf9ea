"""The streams of one value of a plate that a stream names."""
