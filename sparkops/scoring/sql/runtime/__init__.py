"""Functions that the generated code of SQL expressions calls, with Spark's semantics."""
