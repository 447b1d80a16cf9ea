"""Random numbers of a Weibull distribution."""
