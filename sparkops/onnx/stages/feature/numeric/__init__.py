"""Numbers, alone or slot by slot: thresholds, buckets, imputation, norms."""
