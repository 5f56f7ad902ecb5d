"""Stage families: one file each, found by `registry`."""
