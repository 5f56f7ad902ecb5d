"""Benchmarks of sparkops, with its peers measured in the same run. `scripts/bench` runs them."""
