"""A registered model in a Spark job, checked against the frame it scores, and scored the faster way."""

from __future__ import annotations

import logging
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.config.settings import Settings
from sparkops.errors import ModelError
from sparkops.models.artifact import SPARK_MODEL
from sparkops.models.bundle import code
from sparkops.models.columns import answer_columns
from sparkops.models.facts import race_of
from sparkops.models.pinned import Pinned
from sparkops.models.planner import choose, seconds_a_row
from sparkops.models.shipping import arrow_scorer, is_elsewhere, trouble
from sparkops.models.two_ways import VERSION_COLUMN, by_scorer, by_spark
from sparkops.scoring.files import CERTIFICATE, SCORER

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from sparkops.scoring.scorer import Scorer

_log = logging.getLogger("sparkops.models")


class SparkVersion(Pinned):
    """One version of a registered model, scored by Spark; implements `ModelVersion`.

    Args:
        name: Registered name.
        version: Version number.
        folder: The model's folder on this machine.
        settings: Where storage is that Spark's executors share.
    """

    def __init__(self, name: str, version: int, folder: Path, settings: Settings) -> None:
        super().__init__(name, version, folder, settings)
        self._asked: str | None = None

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
        self._check(frame, self._answers)

    def transform(self, frame: DataFrame, *, arrays: bool = False) -> DataFrame:
        """Return the frame with the model's answers and `model_version`; `way` tells how.

        Columns that only lead to the answers are left out. Rows that the model drops (`handleInvalid="skip"`) are not
        in the result. A streaming frame is scored by the same call.

        Args:
            frame: Rows with the columns that the model reads.
            arrays: Give vectors as arrays of doubles, which every reader of a table understands.
        """
        self.check(frame)
        spark = frame.sparkSession
        way = choose(
            self.scorer,
            race_of(self._folder),
            lambda: self._seconds,
            frame,
            self._settings,
            afar=lambda: self._afar(spark),
        )
        self._way = way
        _log.info("%s scores by %s", self.uri, way)
        if self.scorer is not None and way.kind == "mapInArrow":
            return by_scorer(frame, self._sent(spark), self.scorer.outputs, arrays=arrays)
        return by_spark(frame, self.fitted, self._answers, self.scorer, self._version, arrays=arrays)

    def _sent(self, spark: SparkSession) -> Any:
        """Return what scores Arrow batches, its code sent to executors elsewhere."""
        assert self.scorer is not None
        version = (VERSION_COLUMN, self._version)
        return arrow_scorer(spark, self.scorer, self._folder / SCORER, version, self._settings)

    def _afar(self, spark: SparkSession) -> str:
        """Return why executors elsewhere can't run the scorer; asked once."""
        if self._asked is None:
            self._asked = trouble(spark, *code()) if is_elsewhere(spark, self._settings) else ""
        return self._asked

    @cached_property
    def _seconds(self) -> float:
        assert self.scorer is not None
        return seconds_a_row(self.scorer, self._folder / SCORER / CERTIFICATE)

    @cached_property
    def _answers(self) -> tuple[str, ...]:
        if self.scorer is None:
            return answer_columns(self.fitted)
        return tuple(output.name for output in self.scorer.outputs)
