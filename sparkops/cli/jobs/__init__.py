"""`sparkops run`, `backfill`, `flow`, `plan` and `jobs`: what runs jobs, or shows what would run."""
