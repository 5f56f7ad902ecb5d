"""The intermediate representation of a compiled model: fields, steps and outputs."""
