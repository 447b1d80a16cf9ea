"""Several streams as one, where all have a value."""
