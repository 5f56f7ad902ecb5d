"""Great Expectations itself: its import, expectations, engine, checkpoint and Data Docs."""
