"""Read the Delta log: versions, commits and data files."""
