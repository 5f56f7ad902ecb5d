"""What is stored of runs: records, logs, keys, and the journal of publications."""
