"""Files of JSON lines as a stream."""
