"""Expressions of SQL over one row, as Spark evaluates them in ANSI mode: a checked tree, and the code written from it."""
