"""Benchmarks: speed and memory, as CPU time and as ratios against a baseline in the same run."""
