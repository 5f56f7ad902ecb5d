"""Spark on the driver: failures of Spark itself, collected rows, and threads that start jobs."""
