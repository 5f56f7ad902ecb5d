"""Spark as the driver sees it: failures of its machinery, rows that are collected from it, and threads that start jobs."""
