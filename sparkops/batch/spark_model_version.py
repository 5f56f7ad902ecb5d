"""A registered model in a Spark job, checked against the frame it scores, and scored the faster way."""

from __future__ import annotations

import logging
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.artifact.code_bundle import scoring_package
from sparkops.artifact.facts import read_benchmark
from sparkops.artifact.mlflow_folder import SPARK_MODEL
from sparkops.artifact.model_columns import output_columns
from sparkops.batch.executor_scorer import build_arrow_scorer, has_remote_executors, probe_executors
from sparkops.batch.frame_scoring import VERSION_COLUMN, score_with_compiled, score_with_transform
from sparkops.batch.planner import ScoringMethod, choose_method, seconds_per_row
from sparkops.batch.registered_version import RegisteredVersion
from sparkops.batch.rule_counts import ReportCounts, RuleViolationCounter, can_count
from sparkops.config.settings import Settings
from sparkops.errors import ConfigError, ModelError
from sparkops.scoring.artifact.file_names import CERTIFICATE, SCORER

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from sparkops.scoring.ir.portable_rules import PortableRule
    from sparkops.scoring.scorer import Scorer

_log = logging.getLogger("sparkops.registry")


class SparkModelVersion(RegisteredVersion):
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
        self._tally: RuleViolationCounter | None = None

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
        in the result. A streaming frame is scored by the same call. The rules that the model carries judge each row before
        it is scored, as `models.rules` says: a row that is refused fails the job, others are counted, see `judged`.

        Args:
            frame: Rows with the columns that the model reads.
            arrays: Give vectors as arrays of doubles, which every reader of a table understands.

        Raises:
            SignatureMismatch: The frame does not fit the model.
            ConfigError: Rows that break a rule are to be refused, and the way that scores these can judge none.
        """
        self.check(frame)
        way = self._scoring_method = self._chosen(frame)
        unjudged = self._rules if way.kind == "transform" else ()
        if self._settings.models.rules == "refuse" and any(rule.refuses for rule in unjudged):
            raise ConfigError(self._unjudged(way))
        loud = bool(unjudged) and self._settings.models.rules != "count"
        _log.log(logging.WARNING if loud else logging.INFO, "%s scores by %s", self.uri, way)
        if self.scorer is not None and way.kind == "mapInArrow":
            return score_with_compiled(frame, self._sent(frame), self.scorer.outputs, arrays=arrays)
        return score_with_transform(
            frame, self.fitted, self._answers, self.scorer, self._version, arrays=arrays
        )

    @property
    def rule_summary(self) -> dict[str, Any]:
        """Return what its rules found in the frames that it scored, as JSON values; empty where none judged a row.

        "rows" were judged by "rules"; "broken" holds each rule that rows broke, and how many. Whole once Spark has computed
        the frames; see `Tally` for what is counted of a frame that is computed more than once.
        """
        return self._tally.told() if self._tally else {}

    @property
    def _rules(self) -> tuple[PortableRule, ...]:
        """Return the rules that it applies."""
        checks = self.scorer.description.checks if self.scorer else None
        return checks.rules if checks and self._settings.models.rules != "off" else ()

    def _chosen(self, frame: DataFrame) -> ScoringMethod:
        spark, rules = frame.sparkSession, len(self._rules)
        way = choose_method(
            self.scorer,
            read_benchmark(self._folder),
            lambda: self._seconds,
            frame,
            self._settings,
            afar=lambda: self._afar(spark),
            rules=rules,
        )
        if way.kind == "mapInArrow" and rules and not can_count(spark):
            return ScoringMethod(
                way.kind, f"{way.reason}; rows that break one are not counted, by Spark Connect"
            )
        return way

    def _unjudged(self, way: ScoringMethod) -> str:
        return (
            f"{self.uri} carries rules by which models.rules refuses rows, and Spark's own transform, which would score these "
            f"rows, judges none: {way.reason}. Set models.batch to auto or mapInArrow, leave out columns that Arrow does not "
            "carry, or set models.rules to warn, count or off."
        )

    def _sent(self, frame: DataFrame) -> Any:
        """Return what judges and scores Arrow batches, its code sent to executors elsewhere."""
        assert self.scorer is not None
        version, apply = (VERSION_COLUMN, self._version), self._settings.models.rules
        return build_arrow_scorer(
            frame.sparkSession,
            self.scorer,
            self._folder / SCORER,
            version,
            self._settings,
            rules="count" if apply == "warn" else apply,  # the run warns, once and of all
            count=self._counting(frame),
        )

    def _counting(self, frame: DataFrame) -> ReportCounts | None:
        """Return what workers call with what broke the rules of this frame's rows; None without rules."""
        if not self._rules:
            return None
        if self._tally is None:
            self._tally = RuleViolationCounter(self._rules, self._settings.models.rules)
        return self._tally.of(frame)

    def _afar(self, spark: SparkSession) -> str:
        """Return why executors elsewhere can't run the scorer; asked once."""
        if self._asked is None:
            self._asked = (
                probe_executors(spark, *scoring_package())
                if has_remote_executors(spark, self._settings)
                else ""
            )
        return self._asked

    @cached_property
    def _seconds(self) -> float:
        assert self.scorer is not None
        return seconds_per_row(self.scorer, self._folder / SCORER / CERTIFICATE)

    @cached_property
    def _answers(self) -> tuple[str, ...]:
        if self.scorer is None:
            return output_columns(self.fitted)
        return tuple(output.name for output in self.scorer.outputs)
