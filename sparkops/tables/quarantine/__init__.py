"""Rows that failed a check, and their release."""
