"""One run of a job for each of many parameter values."""
