"""Compile a saved Spark ML model, from its files, into what the scoring room scores."""

from sparkops.compiler.compilation import Compilation, Stage
from sparkops.compiler.compiler import compile_model, stage_by_stage
from sparkops.compiler.schema import fields_from_mlflow, fields_from_spark, sized

__all__ = [
    "Compilation",
    "Stage",
    "compile_model",
    "fields_from_mlflow",
    "fields_from_spark",
    "sized",
    "stage_by_stage",
]
