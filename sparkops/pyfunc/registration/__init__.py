"""Register a model of another MLflow flavor, and score Spark frames with it."""
