"""Great Expectations itself: its expectations, engine, checkpoint and Data Docs."""
