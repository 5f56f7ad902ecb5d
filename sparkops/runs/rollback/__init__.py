"""Rollback of runs: which runs belong together, the plan of what is changed, and its execution."""
