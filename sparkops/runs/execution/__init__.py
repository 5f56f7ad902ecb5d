"""One attempt of a run: its locks, its steps, and what stops it."""
