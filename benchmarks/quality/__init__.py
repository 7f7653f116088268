"""Quality of structure models: benchmarks on decoys."""
