"""The data in a window before each tick."""
