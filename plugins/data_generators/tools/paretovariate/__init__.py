"""Random numbers of a Pareto distribution."""
