"""What the compilers of several Spark classes share, most of it named after an operation of the scorer."""
