"""Score Spark DataFrames with a registered model version."""
