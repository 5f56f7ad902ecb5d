"""Commits and reads by delta-rs, without a JVM."""
