"""Adapters: implement the ports of `sparkops.runs` with the other packages."""
