"""Random numbers of a normal distribution, drawn in pairs."""
