"""Compare the rows that a replay computed with those that a run committed."""
