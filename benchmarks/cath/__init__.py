"""Benchmarks on CATH domains."""
