"""Great Expectations itself: its import, expectations, engine and checkpoint."""
