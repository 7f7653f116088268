"""Benchmarks: scripts that are run alone, each with what it needs in its `--help`."""
