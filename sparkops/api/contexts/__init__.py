"""The processes in which a service executes runs, each with an engine and a Spark of its own."""
