"""`sparkops models`: one file per command."""
