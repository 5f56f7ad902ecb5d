"""From the text of a SELECT to typed trees, with Spark's own rules of types written into them as casts."""
