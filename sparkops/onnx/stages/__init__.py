"""Converters: one file for each Spark class or shared operation; `registry` lists them all."""
