"""Stage a DataFrame and publish it exactly once."""
