"""Benchmarks on the SCOPe classification."""
