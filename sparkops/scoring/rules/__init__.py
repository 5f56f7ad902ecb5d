"""Rules about one row, as values: what a check says of it, without Spark and without Great Expectations."""
