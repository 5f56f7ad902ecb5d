"""Great Expectations' core expectations as declarations of what each asks of a Spark frame, one file per family."""
