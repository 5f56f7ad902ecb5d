"""Find the jobs of a folder, with or without importing Spark."""
