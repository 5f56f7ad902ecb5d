"""Replay a run: its inputs, its execution, and the comparison of its results."""
