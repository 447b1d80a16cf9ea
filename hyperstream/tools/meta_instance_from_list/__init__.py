"""The values of a plate, as given."""
