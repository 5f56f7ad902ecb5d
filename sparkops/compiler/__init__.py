"""Compile a saved Spark ML model, from its files, into a description that the scorer runs without Spark."""

from sparkops.compiler.compilation import Compilation, StageOutcome
from sparkops.compiler.compiler import compile_model, compile_stages
from sparkops.compiler.schema import fields_from_mlflow, fields_from_spark, with_vector_sizes
from sparkops.compiler.session import SessionSettings, read_session

__all__ = [
    "Compilation",
    "SessionSettings",
    "StageOutcome",
    "compile_model",
    "compile_stages",
    "fields_from_mlflow",
    "fields_from_spark",
    "read_session",
    "with_vector_sizes",
]
