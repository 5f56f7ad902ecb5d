"""Compile the text of a SELECT to typed expressions; Spark's implicit casts become explicit."""
