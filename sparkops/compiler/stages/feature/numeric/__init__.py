"""Numbers, alone or slot by slot: thresholds, buckets, imputation, scaling, norms."""
