"""Values that a function makes of the time."""
