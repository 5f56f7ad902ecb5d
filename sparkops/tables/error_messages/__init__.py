"""Errors of Spark, Delta and the file system, translated into sentences for the user."""
