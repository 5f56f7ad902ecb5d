"""A registered model in a Spark job: the saved PipelineModel, checked against the frame it scores."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.config.settings import Settings
from sparkops.errors import ModelError, SignatureMismatch
from sparkops.models.artifact import SPARK_MODEL
from sparkops.models.columns import answer_columns
from sparkops.models.facts import input_types
from sparkops.models.fit import check_fit
from sparkops.scoring.uri import SCORER

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

VERSION_COLUMN = "model_version"


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

    def check(self, frame: DataFrame) -> None:
        """Raise `SignatureMismatch` when the frame lacks a column the model reads, or has one it would add."""
        check_fit(frame, input_types(self._folder), f"{self._name}/{self._version}")
        adds = (*answer_columns(self.fitted), *self._label(), VERSION_COLUMN)
        taken = [name for name in dict.fromkeys(adds) if name in frame.columns]
        if taken:
            raise SignatureMismatch(
                f"Model {self._name}/{self._version} adds {', '.join(f'`{name}`' for name in taken)}, "
                "which these rows have already: drop it first."
            )

    def transform(self, frame: DataFrame, *, arrays: bool = False) -> DataFrame:
        """Return the frame with the model's answers and `model_version`.

        Columns that only lead to the answers are left out. Rows that the model drops (`handleInvalid="skip"`) are not
        in the result.

        Args:
            frame: Rows with the columns that the model reads.
            arrays: Give vectors as arrays of doubles, which every reader of a table understands.
        """
        from pyspark.sql import functions as F

        self.check(frame)
        scored: DataFrame = self.fitted.transform(frame)
        names = answer_columns(self.fitted)
        answers = [_array(scored, name) if arrays else F.col(_quoted(name)) for name in names]
        labels = [column.alias(name) for name, column in self._label_columns().items()]
        version = F.lit(self._version).alias(VERSION_COLUMN)
        return scored.select(*(F.col(_quoted(name)) for name in frame.columns), *answers, *labels, version)

    def _label(self) -> tuple[str, ...]:
        return tuple(name for name, _, _ in self._labels)

    @cached_property
    def _labels(self) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """Return the derived label: its name, the prediction's column, and the classes by number."""
        folder = self._folder / SCORER
        if not folder.is_dir():
            return ()
        from sparkops.scoring import load

        scorer = load(folder)
        label, prediction = scorer.output("label"), scorer.output("prediction")
        if label is None or label.column is not None or prediction is None or not scorer.classes:
            return ()
        return ((label.name, str(prediction.column), scorer.classes),)

    def _label_columns(self) -> dict[str, Any]:
        from pyspark.sql import functions as F

        return {
            name: F.array(*(F.lit(each) for each in classes)).getItem(F.col(_quoted(column)).cast("int"))
            for name, column, classes in self._labels
        }


def _array(scored: DataFrame, name: str) -> Any:
    from pyspark.ml.functions import vector_to_array
    from pyspark.ml.linalg import VectorUDT
    from pyspark.sql import functions as F

    column = F.col(_quoted(name))
    return (
        vector_to_array(column).alias(name) if isinstance(scored.schema[name].dataType, VectorUDT) else column
    )


def _quoted(name: str) -> str:
    return f"`{name.replace('`', '``')}`"
