"""The code that a job consists of, read without importing it."""
