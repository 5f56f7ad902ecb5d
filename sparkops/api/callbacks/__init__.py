"""Callbacks: what a service posts to the address that a request names, when the run has ended."""
