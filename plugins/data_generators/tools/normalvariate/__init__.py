"""Random numbers of a normal distribution, drawn one by one."""
