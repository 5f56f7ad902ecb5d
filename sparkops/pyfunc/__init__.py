"""Models of other libraries, saved by MLflow: the registration side and the worker side."""
