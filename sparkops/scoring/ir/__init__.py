"""The intermediate representation of a compiled model: immutable values and their JSON form, no code."""
