"""Random whole numbers between two others."""
