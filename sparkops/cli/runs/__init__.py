"""`sparkops runs` and its commands."""
