"""Compilers: one file for each Spark class; `registry` lists them all."""
