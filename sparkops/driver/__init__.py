"""Spark as the driver sees it: failures of its machinery, and rows that are collected from it."""
