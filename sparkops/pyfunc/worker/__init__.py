"""Score a model of another MLflow flavor in a process of its own, without Spark, MLflow or pandas in this process."""
