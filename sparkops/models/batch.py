"""A registered model in a Spark job, checked against the frame it scores, and scored the faster way."""

from __future__ import annotations

import logging
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.config.settings import Settings
from sparkops.errors import ModelError, SignatureMismatch
from sparkops.models.artifact import SPARK_MODEL
from sparkops.models.columns import answer_columns
from sparkops.models.facts import input_types
from sparkops.models.fit import check_fit
from sparkops.models.planner import Way, choose, seconds_a_row
from sparkops.scoring.files import CERTIFICATE, SCORER

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import DataType

    from sparkops.scoring.scorer import Scorer

VERSION_COLUMN = "model_version"
_log = logging.getLogger("sparkops.models")


class SparkVersion:
    """One version of a registered model, scored by Spark; implements `ModelVersion`.

    Args:
        name: Registered name.
        version: Version number.
        folder: The model's folder on this machine.
        settings: Where storage is that Spark's executors share.
    """

    def __init__(self, name: str, version: int, folder: Path, settings: Settings) -> None:
        self._name, self._version, self._folder, self._settings = name, version, folder, settings
        self._way: Way | None = None

    @property
    def name(self) -> str:
        """Return the registered name."""
        return self._name

    @property
    def version(self) -> int:
        """Return the pinned version."""
        return self._version

    @property
    def uri(self) -> str:
        """Return `models:/name/version`."""
        return f"models:/{self._name}/{self._version}"

    @property
    def way(self) -> Way | None:
        """Return how the last frame was scored, and why so."""
        return self._way

    @cached_property
    def fitted(self) -> Any:
        """Return the saved model, loaded once."""
        saved = self._folder / SPARK_MODEL
        if not saved.is_dir():
            raise ModelError(f"{self.uri} holds no Spark model in {saved}: Spark can't score it.")
        if "://" in self._settings.warehouse:
            import mlflow.spark  # it carries the files to storage that the executors share

            tmp = f"{self._settings.warehouse}/_staging/models"
            return mlflow.spark.load_model(str(self._folder), dfs_tmpdir=tmp)
        from pyspark.ml import PipelineModel

        return PipelineModel.load(saved.as_uri())

    @cached_property
    def scorer(self) -> Scorer | None:
        """Return the compiled scorer, loaded once; None where only Spark scores the model."""
        folder = self._folder / SCORER
        if not folder.is_dir():
            return None
        from sparkops.scoring import load

        return load(folder)

    def check(self, frame: DataFrame) -> None:
        """Raise `SignatureMismatch` when the frame lacks a column the model reads, or has one it would add."""
        check_fit(frame, input_types(self._folder), f"{self._name}/{self._version}")
        taken = [name for name in (*self._answers, VERSION_COLUMN) if name in frame.columns]
        if taken:
            raise SignatureMismatch(
                f"Model {self._name}/{self._version} adds {', '.join(f'`{name}`' for name in taken)}, "
                "which these rows have already: drop it first."
            )

    def transform(self, frame: DataFrame, *, arrays: bool = False) -> DataFrame:
        """Return the frame with the model's answers and `model_version`; `way` tells how.

        Columns that only lead to the answers are left out. Rows that the model drops (`handleInvalid="skip"`) are not
        in the result. A streaming frame is scored by the same call.

        Args:
            frame: Rows with the columns that the model reads.
            arrays: Give vectors as arrays of doubles, which every reader of a table understands.
        """
        self.check(frame)
        self._way = choose(self.scorer, lambda: self._seconds, frame, self._settings)
        _log.info("%s scores by %s", self.uri, self._way)
        by_spark = self.scorer is None or self._way.kind == "transform"
        return self._transformed(frame, arrays=arrays) if by_spark else self._mapped(frame, arrays=arrays)

    @cached_property
    def _seconds(self) -> float:
        assert self.scorer is not None
        return seconds_a_row(self.scorer, self._folder / SCORER / CERTIFICATE)

    @cached_property
    def _answers(self) -> tuple[str, ...]:
        if self.scorer is None:
            return answer_columns(self.fitted)
        return tuple(output.name for output in self.scorer.outputs)

    def _mapped(self, frame: DataFrame, *, arrays: bool) -> DataFrame:
        """Score by the compiled scorer, in the executors' Python."""
        from pyspark.ml.functions import array_to_vector
        from pyspark.sql import functions as F
        from pyspark.sql import types as T

        from sparkops.scoring.arrow import ArrowScorer

        assert self.scorer is not None
        outputs = self.scorer.outputs
        added = [T.StructField(output.name, _type(output.type)) for output in outputs]
        version = T.StructField(VERSION_COLUMN, T.IntegerType(), nullable=False)
        score = ArrowScorer(self.scorer.description, (VERSION_COLUMN, self._version))
        scored = frame.mapInArrow(score, T.StructType([*frame.schema.fields, *added, version]))
        vectors = [output.name for output in outputs if output.type == "vector"]
        if arrays or not vectors:
            return scored
        return scored.withColumns({name: array_to_vector(F.col(_quoted(name))) for name in vectors})

    def _transformed(self, frame: DataFrame, *, arrays: bool) -> DataFrame:
        """Score by the saved model's own transform."""
        from pyspark.sql import functions as F

        scored: DataFrame = self.fitted.transform(frame)
        derived = self._derived()
        answers = [
            derived[name] if name in derived else _answer(scored, name, arrays=arrays)
            for name in self._answers
        ]
        version = F.lit(self._version).alias(VERSION_COLUMN)
        return scored.select(*(F.col(_quoted(name)) for name in frame.columns), *answers, version)

    def _derived(self) -> dict[str, Column]:
        """Return the label by name, where the scorer makes one of the predicted class and no column of Spark holds it."""
        if self.scorer is None or not self.scorer.classes:
            return {}
        from pyspark.sql import functions as F

        prediction = self.scorer.output("prediction")
        classes = F.array(*(F.lit(each) for each in self.scorer.classes))
        return {
            output.name: F.get(classes, F.col(_quoted(str(prediction.column))).cast("int")).alias(output.name)
            for output in self.scorer.outputs
            if output.column is None and prediction is not None
        }


def _type(kind: str) -> DataType:
    from pyspark.sql import types as T

    if kind == "vector":
        return T.ArrayType(T.DoubleType(), containsNull=False)
    if kind.startswith("array<"):
        return T.ArrayType(_type(kind[6:-1]))
    return {
        "boolean": T.BooleanType(),
        "byte": T.ByteType(),
        "short": T.ShortType(),
        "integer": T.IntegerType(),
        "long": T.LongType(),
        "float": T.FloatType(),
        "double": T.DoubleType(),
        "string": T.StringType(),
        "date": T.DateType(),
        "timestamp": T.TimestampType(),
    }[kind]


def _answer(scored: DataFrame, name: str, *, arrays: bool) -> Column:
    from pyspark.ml.functions import vector_to_array
    from pyspark.ml.linalg import VectorUDT
    from pyspark.sql import functions as F

    column = F.col(_quoted(name))
    vector = isinstance(scored.schema[name].dataType, VectorUDT)
    return vector_to_array(column).alias(name) if arrays and vector else column


def _quoted(name: str) -> str:
    return f"`{name.replace('`', '``')}`"
