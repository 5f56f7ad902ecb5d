"""Results of checks, and what a checkpoint decided."""
