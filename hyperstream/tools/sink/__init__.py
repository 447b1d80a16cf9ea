"""Computing the sources and keeping nothing."""
