"""The built-in tools: a folder for each, a dated file for each version."""
