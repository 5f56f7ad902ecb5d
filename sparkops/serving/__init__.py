"""HTTP over a compiled scorer, without Spark."""
