"""Parquet files as a stream."""
