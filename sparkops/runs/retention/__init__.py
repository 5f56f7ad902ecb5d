"""Retention: which runs read versions that are gone or will be, and which versions a run needs."""
