"""Quarantined rows: written, summarised, repaired and released."""
