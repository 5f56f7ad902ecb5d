"""Interrupts runs between their steps, completes them, and verifies that every row is in one place, once."""
