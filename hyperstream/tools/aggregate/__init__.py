"""Apply a function to what all streams of a plate hold at a time."""
