"""Publish frames into tables."""
