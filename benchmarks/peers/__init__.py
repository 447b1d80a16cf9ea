"""HyperStream beside a bare Python loop, numpy, and libraries that do similar work."""
