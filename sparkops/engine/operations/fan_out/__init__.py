"""Run a job once for each of many parameter values: runs of their own under one run, in one Spark, at the same time."""
