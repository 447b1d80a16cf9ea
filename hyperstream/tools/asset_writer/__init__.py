"""One value, written once."""
