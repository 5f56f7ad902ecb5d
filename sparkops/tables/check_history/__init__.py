"""The history of check results: one Delta table."""
