"""Computing the data in windows and keeping nothing."""
