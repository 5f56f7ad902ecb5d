"""The model registry of a project on MLflow: evaluate, certify and register models, and move their aliases."""
