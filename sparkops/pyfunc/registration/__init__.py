"""Models that are no Spark models: saved by MLflow's own flavor, certified between their doors, scored in frames."""
