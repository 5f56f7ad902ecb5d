"""Functions with the semantics of the Java standard library."""
