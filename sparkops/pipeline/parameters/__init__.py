"""Parameters: their types, binding of values, help and JSON Schema."""
