"""Score Spark DataFrames with a registered model version: Spark's transform, or the compiled scorer in `mapInArrow`."""
