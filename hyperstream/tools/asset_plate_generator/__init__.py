"""The values of a plate from a document."""
