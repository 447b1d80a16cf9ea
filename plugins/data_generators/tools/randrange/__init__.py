"""Random items of a range."""
