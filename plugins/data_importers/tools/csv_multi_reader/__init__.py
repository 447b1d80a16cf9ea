"""CSV files as the streams of a plate."""
