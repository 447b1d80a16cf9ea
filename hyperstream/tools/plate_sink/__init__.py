"""Computing the streams of a plate and keeping nothing."""
