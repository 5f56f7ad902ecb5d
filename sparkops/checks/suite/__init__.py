"""The suite of a table: read from YAML, and checked against the columns of the table."""
