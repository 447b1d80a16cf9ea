"""How unusual the rows of a stream are."""
