"""Profile a table and draft a suite from the profile."""
