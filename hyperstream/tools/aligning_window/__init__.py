"""A window for each instance."""
