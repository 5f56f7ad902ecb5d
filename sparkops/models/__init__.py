"""The model registry: certify, register, promote, roll back, and score frames by MLflow model versions."""
