"""Generate straight-line Python that scores one row."""
