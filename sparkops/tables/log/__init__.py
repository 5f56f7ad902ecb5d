"""The Delta log: versions, commits and data files of a table."""
