"""Computations that several stages share, for one row and for a batch."""
