"""The MLflow model registry of a project: register, promote, roll back."""
