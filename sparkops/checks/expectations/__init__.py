"""How each core expectation of Great Expectations is evaluated by Spark aggregates: one module for each family."""
