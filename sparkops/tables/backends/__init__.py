"""The ways to commit to a Delta table."""
