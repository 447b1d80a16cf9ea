"""Documents divided among the values of a plate, by key."""
