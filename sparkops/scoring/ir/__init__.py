"""The intermediate representation of a compiled model: immutable values and their JSON form. Nothing here generates or runs code."""
