"""Commits and reads by Spark."""
