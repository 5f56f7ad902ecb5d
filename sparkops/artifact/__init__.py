"""The model folder that is registered: Spark model, compiled scorer, certificate and the code to load it."""
