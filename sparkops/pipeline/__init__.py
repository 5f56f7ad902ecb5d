"""Job declarations: parameters, return types, writes and execution order. Imports no Spark."""
