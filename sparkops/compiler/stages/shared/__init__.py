"""What the compilers of several Spark classes share."""
