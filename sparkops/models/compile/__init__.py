"""Compile a saved Spark ML model, from its files, into what the scoring room scores."""

from sparkops.models.compile.compilation import Compilation, Stage
from sparkops.models.compile.compiler import compile_model, stage_by_stage
from sparkops.models.compile.schema import fields_from_mlflow, fields_from_spark, sized

__all__ = [
    "Compilation",
    "Stage",
    "compile_model",
    "fields_from_mlflow",
    "fields_from_spark",
    "sized",
    "stage_by_stage",
]
