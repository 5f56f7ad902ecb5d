"""SQL expressions over one row, as Spark evaluates them in ANSI mode.

A checked tree, and the code that is generated from it.
"""
