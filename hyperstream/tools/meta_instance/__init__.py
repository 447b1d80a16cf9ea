"""The values of a plate from instances."""
